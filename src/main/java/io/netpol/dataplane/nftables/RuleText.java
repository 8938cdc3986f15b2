package io.netpol.dataplane.nftables;

import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RuleLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  /** Returns the words of a line or rule; names of sets and chains are among them. */
  static Stream<String> words(String line) {
    return Stream.of(line.split("[ @,]+"));
  }
}
