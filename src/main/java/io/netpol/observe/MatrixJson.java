package io.netpol.observe;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netpol.analysis.matrix.Group;
import io.netpol.analysis.matrix.Matrix;
import io.netpol.analysis.matrix.MatrixEntry;
import io.netpol.model.Direction;
import java.util.List;
import java.util.Locale;

/** A matrix as JSON, for programs. */
public final class MatrixJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private MatrixJson() {}

  /** The text, indented, its last line ended. Pairs that no policy has a say in are left out. */
  public static String of(Matrix matrix) {
    ObjectNode root = JSON.createObjectNode();
    root.put("ports", matrix.asked().words());
    ArrayNode groups = root.putArray("groups");
    for (Group group : matrix.groups()) {
      ObjectNode node = groups.addObject().put("name", group.name()).put("kind", group.kind());
      if (!group.namespace().isEmpty()) {
        node.put("namespace", group.namespace());
      }
      group.members().forEach(node.putArray("members")::add);
    }
    List<String> perhapsNodes = matrix.perhapsNodes();
    if (!perhapsNodes.isEmpty()) {
      perhapsNodes.forEach(root.putArray("perhapsNodes")::add);
    }
    ArrayNode cells = root.putArray("cells");
    for (Group from : matrix.groups()) {
      for (Group to : matrix.groups()) {
        MatrixEntry cell = matrix.cell(from, to);
        if (cell.state() != MatrixEntry.State.NONE) {
          ObjectNode node = cells.addObject().put("from", from.name()).put("to", to.name());
          cell(node, cell);
        }
      }
    }
    return root.toPrettyString() + "\n";
  }

  private static void cell(ObjectNode node, MatrixEntry cell) {
    node.put("state", cell.state().name().toLowerCase(Locale.ROOT));
    for (MatrixEntry.Answer answer : cell.answers()) {
      ObjectNode each = node.withArray("answers").addObject();
      each.put("allowed", answer.verdict().allowed()).put("ports", answer.ports());
      for (Direction direction : new Direction[] {Direction.EGRESS, Direction.INGRESS}) {
        each.put(direction.lowerCase(), Matrix.because(answer.verdict().of(direction), direction));
      }
    }
  }
}
