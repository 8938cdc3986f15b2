package io.netpol.dataplane.render;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Decides what becomes of the packets that all of its matches hold for.
 *
 * @param matches empty for every packet
 * @param label says what the rule is for; empty where nobody has to know
 */
public record Rule(List<Match> matches, Action action, Optional<RuleLabel> label) {

  public Rule {
    matches = List.copyOf(matches);
  }

  /** Makes a rule that nobody has to know the reason of. */
  public static Rule of(Action action, Match... matches) {
    return new Rule(Arrays.asList(matches), action, Optional.empty());
  }

  /** Makes a rule that says what it is for. */
  public static Rule of(RuleLabel label, Action action, Match... matches) {
    return new Rule(Arrays.asList(matches), action, Optional.of(label));
  }

  /** Makes a rule of all matches of two lists that says what it is for. */
  static Rule of(RuleLabel label, Action action, List<Match> some, List<Match> more) {
    return new Rule(
        Stream.concat(some.stream(), more.stream()).toList(), action, Optional.of(label));
  }
}
