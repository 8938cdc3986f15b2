package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.ObjectKey;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
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
   * @param words splits a line or rule into words, so that names of sets and chains are words
   * @param label returns the label in the comment of a line or rule; empty if it has none
   * @return as {@code namespace/name}; empty if none is found
   */
  public static Set<String> of(
      String line,
      Stream<String> rules,
      Function<String, Stream<String>> words,
      Function<String, Optional<RuleLabel>> label) {
    Set<String> own = policies(label.apply(line));
    if (!own.isEmpty()) {
      return own;
    }
    List<String> names = words.apply(line).filter(word -> word.startsWith(Names.PREFIX)).toList();
    Set<String> found = new TreeSet<>();
    if (!names.isEmpty()) {
      rules
          .filter(rule -> words.apply(rule).anyMatch(names::contains))
          .forEach(rule -> found.addAll(policies(label.apply(rule))));
    }
    return found;
  }

  private static Set<String> policies(Optional<RuleLabel> label) {
    return label.map(RuleLabel::policies).orElse(List.of()).stream()
        .map(ObjectKey::toString)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
