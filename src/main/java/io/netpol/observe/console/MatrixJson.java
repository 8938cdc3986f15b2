package io.netpol.observe.console;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.analysis.matrix.Group;
import io.netpol.analysis.matrix.Matrix;
import io.netpol.analysis.matrix.MatrixEntry;
import io.netpol.model.Direction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Writes a matrix as JSON.
 *
 * @param ports the protocol and ports that were queried, in words
 * @param cells the pairs of source and destination that a policy decides
 */
public record MatrixJson(
    String ports,
    List<Row> groups,
    @JsonInclude(Include.NON_EMPTY) List<String> perhapsNodes,
    List<Pair> cells) {

  private static final ObjectMapper JSON = new ObjectMapper();

  record Row(
      String name,
      String kind,
      @JsonInclude(Include.NON_EMPTY) String namespace,
      List<String> members) {}

  record Pair(
      String from, String to, String state, @JsonInclude(Include.NON_EMPTY) List<Answer> answers) {}

  record Answer(boolean allowed, String ports, String egress, String ingress) {}

  /**
   * Returns the JSON text, indented, with a final newline; without pairs that no policy decides.
   */
  public static String of(Matrix matrix) {
    List<Pair> cells = new ArrayList<>();
    for (Group from : matrix.groups()) {
      for (Group to : matrix.groups()) {
        MatrixEntry cell = matrix.cell(from, to);
        if (cell.state() != MatrixEntry.State.NONE) {
          cells.add(
              new Pair(
                  from.name(),
                  to.name(),
                  cell.state().name().toLowerCase(Locale.ROOT),
                  cell.answers().stream().map(MatrixJson::answer).toList()));
        }
      }
    }
    List<Row> groups =
        matrix.groups().stream()
            .map(each -> new Row(each.name(), each.kind(), each.namespace(), each.members()))
            .toList();
    MatrixJson all = new MatrixJson(matrix.query().words(), groups, matrix.perhapsNodes(), cells);
    return JSON.valueToTree(all).toPrettyString() + "\n";
  }

  private static Answer answer(MatrixEntry.Answer answer) {
    return new Answer(
        answer.verdict().allowed(),
        answer.ports(),
        Matrix.because(answer.verdict().egress(), Direction.EGRESS),
        Matrix.because(answer.verdict().ingress(), Direction.INGRESS));
  }
}
