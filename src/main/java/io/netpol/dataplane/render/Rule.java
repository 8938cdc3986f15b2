package io.netpol.dataplane.render;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Applies an action to the packets that all matches select.
 *
 * @param matches empty matches every packet
 * @param label the purpose of the rule; empty if nobody needs it
 */
public record Rule(List<Match> matches, Action action, Optional<RuleLabel> label) {

  public Rule {
    matches = List.copyOf(matches);
  }

  /** Makes a rule without a label. */
  public static Rule of(Action action, Match... matches) {
    return new Rule(Arrays.asList(matches), action, Optional.empty());
  }

  /** Makes a rule with a label. */
  public static Rule of(RuleLabel label, Action action, Match... matches) {
    return new Rule(Arrays.asList(matches), action, Optional.of(label));
  }

  /** Makes a rule with a label and the matches of two lists. */
  static Rule of(RuleLabel label, Action action, List<Match> some, List<Match> more) {
    return new Rule(
        Stream.concat(some.stream(), more.stream()).toList(), action, Optional.of(label));
  }
}
