package io.netpol.dataplane.iptables;

import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.ObjectKey;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the policies behind a line of a payload, by the comments of rules. */
public final class RulePolicies {

  private RulePolicies() {}

  /**
   * Returns the policies of a line: those in its comment, else those in the comments of rules that
   * use the set or chain in the line.
   *
   * @param rules rules that may use the set or chain
   * @return as {@code namespace/name}; empty if none is found
   */
  public static Set<String> of(String line, Stream<String> rules) {
    Set<String> own = inComment(line);
    if (!own.isEmpty()) {
      return own;
    }
    List<String> names =
        Stream.of(line.split("[ :]")).filter(word -> word.startsWith(Names.PREFIX)).toList();
    Set<String> found = new TreeSet<>();
    if (!names.isEmpty()) {
      rules
          .filter(rule -> List.of(rule.split(" ")).stream().anyMatch(names::contains))
          .forEach(rule -> found.addAll(inComment(rule)));
    }
    return found;
  }

  private static Set<String> inComment(String rule) {
    return SavedRule.labelOf(rule).map(RuleLabel::policies).orElse(List.of()).stream()
        .map(ObjectKey::toString)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
