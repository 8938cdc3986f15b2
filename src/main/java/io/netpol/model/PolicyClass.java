package io.netpol.model;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Classifies a policy, so that a route can branch on its type and effect.
 *
 * @param types the directions that the policy isolates
 * @param defaultDeny the directions in which the policy denies everything for all pods of its
 *     namespace
 * @param defaultAllow the directions in which the policy allows everything for all pods of its
 *     namespace
 */
public record PolicyClass(
    Set<Direction> types, Set<Direction> defaultDeny, Set<Direction> defaultAllow) {

  /** Returns the class of a policy. */
  public static PolicyClass of(NetworkPolicy policy) {
    Set<Direction> types = EnumSet.noneOf(Direction.class);
    Set<Direction> deny = EnumSet.noneOf(Direction.class);
    Set<Direction> allow = EnumSet.noneOf(Direction.class);
    for (Direction direction : Direction.values()) {
      if (!policy.isolates(direction)) {
        continue;
      }
      types.add(direction);
      if (policy.podSelector().isEverything()) {
        if (policy.rules(direction).isEmpty()) {
          deny.add(direction);
        } else if (policy.rules(direction).stream().anyMatch(Rule::isEverything)) {
          allow.add(direction);
        }
      }
    }
    return new PolicyClass(types, deny, allow);
  }

  /** Returns {@code ingress}, {@code egress}, {@code both}, or {@code none}. */
  public String type() {
    return word(types);
  }

  /**
   * Returns {@code default-deny-ingress}, {@code default-allow-both} and so on, two of them with a
   * comma if the directions differ, or {@code selective}.
   */
  public String effect() {
    String effect =
        Stream.of(
                defaultDeny.isEmpty() ? "" : "default-deny-" + word(defaultDeny),
                defaultAllow.isEmpty() ? "" : "default-allow-" + word(defaultAllow))
            .filter(word -> !word.isEmpty())
            .collect(Collectors.joining(","));
    return effect.isEmpty() ? "selective" : effect;
  }

  private static String word(Set<Direction> directions) {
    return switch (directions.size()) {
      case 0 -> "none";
      case 1 -> directions.iterator().next().lowerCase();
      default -> "both";
    };
  }
}
