package io.netpol.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.analysis.matrix.Difference;
import io.netpol.analysis.matrix.Difference.Flows;
import io.netpol.analysis.matrix.Group;
import io.netpol.observe.console.Paragraph;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Help.Ansi;

/**
 * Writes what a change does.
 *
 * @param rules of nodes whose rules differ
 */
record DiffText(Difference difference, List<NodeRules> rules, PrintWriter out) {

  private static final int NAMES_SHOWN = 12;

  /** For people, flows in lines of at most 80 characters. */
  void text(boolean colour) {
    if (difference.opened().isEmpty() && difference.closed().isEmpty()) {
      out.println("no connection between those who are there before and after changes");
    }
    Ansi ansi = colour ? Ansi.ON : Ansi.OFF;
    flows(ansi.string("@|yellow opens|@"), difference.opened());
    flows(ansi.string("@|cyan closes|@"), difference.closed());
    only("there after only, not compared: ", difference.added());
    only("there before only, not compared: ", difference.removed());
    for (NodeRules node : rules) {
      out.println();
      out.println("node " + node.node());
      node.byTool()
          .forEach(
              (tool, lines) -> {
                out.println("  " + tool);
                lines.forEach(line -> out.println("  " + line));
              });
    }
  }

  private void flows(String word, List<Flows> flows) {
    for (Flows each : flows) {
      out.println(word + "  " + each.ports());
      out.print(Paragraph.of("  from  ", names(each.from().stream().map(Group::name).toList())));
      out.print(Paragraph.of("  to    ", names(each.to().stream().map(Group::name).toList())));
    }
  }

  private void only(String start, List<String> names) {
    if (!names.isEmpty()) {
      out.print(Paragraph.of("", start + names(names)));
    }
  }

  private static String names(List<String> names) {
    String shown = String.join(", ", names.subList(0, Math.min(NAMES_SHOWN, names.size())));
    return names.size() <= NAMES_SHOWN
        ? shown
        : shown + " and " + (names.size() - NAMES_SHOWN) + " more";
  }

  /** A summary as GitHub shows it under a pull request. */
  void markdown() {
    out.println("### What this changes");
    out.println();
    if (difference.opened().isEmpty() && difference.closed().isEmpty()) {
      out.println("No connection between those who are there before and after.");
    } else {
      out.println("| | from | to | ports |");
      out.println("| --- | --- | --- | --- |");
      difference.opened().forEach(each -> row("**opens**", each));
      difference.closed().forEach(each -> row("closes", each));
    }
    out.println();
    if (!difference.added().isEmpty()) {
      out.println("There after only, not compared: " + code(difference.added()) + "\n");
    }
    if (!difference.removed().isEmpty()) {
      out.println("There before only, not compared: " + code(difference.removed()) + "\n");
    }
    for (NodeRules node : rules) {
      out.println("<details><summary>Rules of node " + cell(node.node()) + "</summary>");
      out.println();
      out.println("~~~diff");
      node.byTool()
          .forEach(
              (tool, lines) -> {
                out.println("# " + tool);
                lines.forEach(out::println);
              });
      out.println("~~~");
      out.println();
      out.println("</details>");
    }
  }

  private void row(String word, Flows each) {
    out.println(
        String.format(
            Locale.ROOT,
            "| %s | %s | %s | %s |",
            word,
            code(each.from().stream().map(Group::name).toList()),
            code(each.to().stream().map(Group::name).toList()),
            cell(each.ports())));
  }

  private static String code(List<String> names) {
    return cell(names(names.stream().map(name -> "`" + name.replace("`", "'") + "`").toList()));
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ");
  }

  /** All of it, by node and tool. */
  private record All(
      boolean opens,
      List<Flow> opened,
      List<Flow> closed,
      List<String> come,
      List<String> gone,
      Map<String, Map<String, List<String>>> rules) {}

  private record Flow(String ports, List<String> from, List<String> to) {
    static Flow of(Flows flows) {
      return new Flow(flows.ports(), members(flows.from()), members(flows.to()));
    }

    private static List<String> members(List<Group> groups) {
      return groups.stream().flatMap(group -> group.members().stream()).toList();
    }
  }

  /** For programs, nothing left out. */
  void json() {
    Map<String, Map<String, List<String>>> byNode = new LinkedHashMap<>();
    rules.forEach(node -> byNode.put(node.node(), node.byTool()));
    All all =
        new All(
            difference.opens(),
            difference.opened().stream().map(Flow::of).toList(),
            difference.closed().stream().map(Flow::of).toList(),
            difference.added(),
            difference.removed(),
            byNode);
    out.println(new ObjectMapper().valueToTree(all).toPrettyString());
  }
}
