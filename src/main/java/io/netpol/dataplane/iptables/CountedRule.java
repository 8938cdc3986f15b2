package io.netpol.dataplane.iptables;

import io.netpol.dataplane.SavedLines;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RuleLabel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A rule of a pod's chain as {@code iptables-save -c} prints it.
 *
 * @param text its matches and target
 * @param label empty where the rule says nothing of what it is for
 */
public record CountedRule(
    long packets, long bytes, String chain, String text, Optional<RuleLabel> label) {

  private static final Pattern COUNTERS =
      Pattern.compile("\\[(\\d+):(\\d+)] (-A .*)", Pattern.DOTALL);

  /** Where a packet's way through the chain ends. */
  private static final Set<String> VERDICTS = Set.of("RETURN", "DROP", "REJECT");

  /**
   * Reads the rules of all pods' chains, except those that packets go on behind.
   *
   * @param tool names who printed them, for the error
   * @throws UnreadableListing if the listing is not complete
   */
  public static List<CountedRule> list(String tool, String saved) {
    List<String> lines = SavedLines.of("the counters of " + tool, saved, SavedRule.BEFORE_CHAINS);
    if (!lines.contains("COMMIT")) {
      throw new UnreadableListing("the counters of " + tool, "it has no end (COMMIT)", "");
    }
    return lines.stream().flatMap(line -> read(line).stream()).toList();
  }

  private static Optional<CountedRule> read(String line) {
    Matcher counters = COUNTERS.matcher(line);
    if (!counters.matches()) {
      return Optional.empty();
    }
    return SavedRule.read(counters.group(3))
        .filter(rule -> Names.isPodChain(rule.chain()) && VERDICTS.contains(rule.target()))
        .map(
            rule ->
                new CountedRule(
                    number(counters.group(1)),
                    number(counters.group(2)),
                    rule.chain(),
                    rule.text(),
                    rule.label()));
  }

  /** The kernel counts in 64 bits without sign; so much has passed nowhere yet. */
  private static long number(String digits) {
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }
}
