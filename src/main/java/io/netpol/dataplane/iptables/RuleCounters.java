package io.netpol.dataplane.iptables;

import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.SavedLines;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.render.Names;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses the counters of rules from {@code iptables-save -c}. */
final class RuleCounters {

  private static final Pattern COUNTERS =
      Pattern.compile("\\[(\\d+):(\\d+)] (-A .*)", Pattern.DOTALL);

  /** The targets of final rules of a chain. */
  private static final Set<String> VERDICTS = Set.of("RETURN", "DROP", "REJECT");

  private RuleCounters() {}

  /**
   * Returns the counters of the final rules in the chains of all pods.
   *
   * @param tool the tool that printed them, for the error
   * @throws UnreadableListing if the listing is incomplete
   */
  static List<RuleCounter> list(String tool, String saved) {
    List<String> lines = SavedLines.of("the counters of " + tool, saved, SavedRule.BEFORE_CHAINS);
    if (!lines.contains("COMMIT")) {
      throw new UnreadableListing("the counters of " + tool, "it has no end (COMMIT)", "");
    }
    return lines.stream().flatMap(line -> read(line).stream()).toList();
  }

  private static Optional<RuleCounter> read(String line) {
    Matcher counters = COUNTERS.matcher(line);
    if (!counters.matches()) {
      return Optional.empty();
    }
    return SavedRule.read(counters.group(3))
        .filter(rule -> Names.isPodChain(rule.chain()) && VERDICTS.contains(rule.target()))
        .map(
            rule ->
                new RuleCounter(
                    number(counters.group(1)),
                    number(counters.group(2)),
                    rule.chain(),
                    rule.text(),
                    rule.label()));
  }

  /**
   * Parses a counter. The kernel counts in 64 bits unsigned; no counter has exceeded 63 bits yet.
   */
  private static long number(String digits) {
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }
}
