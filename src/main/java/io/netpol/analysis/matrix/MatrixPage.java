package io.netpol.analysis.matrix;

import io.netpol.evaluate.Verdict;
import io.netpol.model.Direction;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a matrix as one page for a browser, which needs no other file: a table that can be read
 * without its script too. The script shows the rules behind the cell that is pointed at.
 */
public final class MatrixPage {

  private static final String TEMPLATE = "matrix.html";

  private final Matrix matrix;

  /** Texts that many cells share, with their numbers. */
  private final Map<String, Integer> reasons = new LinkedHashMap<>();

  private MatrixPage(Matrix matrix) {
    this.matrix = matrix;
  }

  /** Returns the page. */
  public static String of(Matrix matrix) {
    MatrixPage page = new MatrixPage(matrix);
    String table = page.table();
    return template()
        .replace("{{asked}}", escape(matrix.query().words()))
        .replace("{{note}}", page.note())
        .replace("{{table}}", table)
        .replace("{{members}}", page.members())
        .replace("{{reasons}}", page.reasons());
  }

  private static String template() {
    try (InputStream in = MatrixPage.class.getResourceAsStream(TEMPLATE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String note() {
    return matrix.groups().stream().anyMatch(Group::isMerged)
        ? "<p class=\"note\">"
            + matrix.distinct()
            + " distinct groups are collapsed here. A page made with"
            + " <code>--namespace NAME</code> expands those of a namespace.</p>"
        : "";
  }

  private String table() {
    List<Group> groups = matrix.groups();
    StringBuilder html = new StringBuilder();
    html.append("<thead><tr><td class=\"corner\">from ↓ &nbsp; to →</td>");
    for (Group group : groups) {
      html.append("<th scope=\"col\"><span>").append(escape(group.name())).append("</span></th>");
    }
    html.append("</tr></thead>\n<tbody>\n");
    for (int row = 0; row < groups.size(); row++) {
      Group from = groups.get(row);
      html.append("<tr><th scope=\"row\">").append(escape(from.name())).append("</th>");
      for (int column = 0; column < groups.size(); column++) {
        cell(html, from, groups.get(column));
      }
      html.append("</tr>\n");
    }
    return html.append("</tbody>").toString();
  }

  private void cell(StringBuilder html, Group from, Group to) {
    MatrixEntry cell = matrix.cell(from, to);
    String state = cell.state().name().toLowerCase(Locale.ROOT);
    html.append("<td class=\"").append(state).append('"');
    if (!cell.answers().isEmpty()) {
      html.append(" data-r=\"");
      for (int i = 0; i < cell.answers().size(); i++) {
        html.append(i == 0 ? "" : " ").append(number(cell.answers().get(i)));
      }
      html.append('"');
    }
    String words = cell.state().word() + (cell.allowed().isEmpty() ? "" : ": " + cell.allowed());
    html.append(" title=\"")
        .append(escape(from.name() + " → " + to.name() + ": " + words))
        .append("\"><i aria-hidden=\"true\"></i><b>")
        .append(cell.state() == MatrixEntry.State.NONE ? "none" : cell.state().word())
        .append("</b></td>");
  }

  private int number(MatrixEntry.Answer answer) {
    Verdict verdict = answer.verdict();
    String html =
        String.format(
            Locale.ROOT,
            "<section class=\"%s\"><h3>%s %s</h3><dl><dt>egress</dt><dd>%s</dd><dt>ingress</dt><dd>%s</dd></dl></section>",
            verdict.allowed() ? "allowed" : "denied",
            verdict.allowed() ? "Allowed:" : "Denied:",
            escape(answer.ports()),
            escape(Matrix.because(verdict.egress(), Direction.EGRESS)),
            escape(Matrix.because(verdict.ingress(), Direction.INGRESS)));
    return reasons.computeIfAbsent(html, text -> reasons.size());
  }

  /** Returns the reasons as elements that the script takes from, in the order of their numbers. */
  private String reasons() {
    return String.join("\n", reasons.keySet());
  }

  private String members() {
    StringBuilder html = new StringBuilder();
    for (Group group : matrix.groups()) {
      if (group.members().size() > 1) {
        html.append("<details><summary>").append(escape(group.name())).append("</summary><p>");
        html.append(escape(String.join(", ", group.members()))).append("</p></details>\n");
      }
    }
    return html.length() == 0 ? "" : "<h2>Members of groups</h2>\n" + html;
  }

  /** Names come from outside: none can be more than text. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("{{", "{&#123;");
  }
}
