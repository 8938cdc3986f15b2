package io.netpol.dataplane.nftables;

import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the parts of a rule as nft prints it. */
final class RuleText {

  private static final Pattern COMMENT = Pattern.compile(" comment \"([^\"]*)\"");
  private static final Pattern COUNTED =
      Pattern.compile("counter packets (\\d{1,18}) bytes (\\d{1,18}) (?:return|drop|reject\\b)");
  private static final Pattern COUNTER = Pattern.compile("counter packets \\d+ bytes \\d+");

  private RuleText() {}

  /** Returns the label in the comment of a rule; empty if it has none. */
  static Optional<RuleLabel> label(String rule) {
    Matcher comment = COMMENT.matcher(rule);
    return comment.find() ? Optional.of(RuleLabel.parse(comment.group(1))) : Optional.empty();
  }

  /** Returns the counters of the final rules in the chains of all pods. */
  static List<RuleCounter> counters(Map<String, List<String>> chains) {
    List<RuleCounter> counters = new ArrayList<>();
    chains.forEach(
        (chain, rules) -> {
          if (Names.isPodChain(chain)) {
            rules.forEach(rule -> counter(chain, rule).ifPresent(counters::add));
          }
        });
    return counters;
  }

  private static Optional<RuleCounter> counter(String chain, String rule) {
    Matcher counted = COUNTED.matcher(rule);
    return counted.find()
        ? Optional.of(
            new RuleCounter(
                Long.parseLong(counted.group(1)),
                Long.parseLong(counted.group(2)),
                chain,
                COUNTER.matcher(rule).replaceAll("counter"),
                label(rule)))
        : Optional.empty();
  }

  /**
   * Returns the policies of a line: those in its comment, else those in the comments of rules that
   * use the set or chain in the line.
   *
   * @param rules rules that may use the set or chain
   * @return as {@code namespace/name}; empty if none is found
   */
  static Set<String> policies(String line, Stream<String> rules) {
    Set<String> own = inComment(line);
    if (!own.isEmpty()) {
      return own;
    }
    List<String> names = words(line).filter(word -> word.startsWith(Names.PREFIX)).toList();
    Set<String> found = new TreeSet<>();
    if (!names.isEmpty()) {
      rules
          .filter(rule -> words(rule).anyMatch(names::contains))
          .forEach(rule -> found.addAll(inComment(rule)));
    }
    return found;
  }

  private static Stream<String> words(String line) {
    return Stream.of(line.split("[ @,]+"));
  }

  private static Set<String> inComment(String rule) {
    return label(rule).map(RuleLabel::policies).orElse(List.of()).stream()
        .map(ObjectKey::toString)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
