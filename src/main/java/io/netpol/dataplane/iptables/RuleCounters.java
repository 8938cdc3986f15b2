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

/** Reads the counters of rules that {@code iptables-save -c} prints. */
final class RuleCounters {

  private static final Pattern COUNTERS =
      Pattern.compile("\\[(\\d+):(\\d+)] (-A .*)", Pattern.DOTALL);

  /** Where a packet's way through the chain ends. */
  private static final Set<String> VERDICTS = Set.of("RETURN", "DROP", "REJECT");

  private RuleCounters() {}

  /**
   * Reads the rules of all pods' chains, except those that packets go on behind.
   *
   * @param tool names who printed them, for the error
   * @throws UnreadableListing if the listing is not complete
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

  /** Returns the kernel counts in 64 bits without sign; so much has passed nowhere yet. */
  private static long number(String digits) {
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }
}
