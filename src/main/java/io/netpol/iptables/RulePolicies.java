package io.netpol.iptables;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the policies behind a line of a payload, by the comments of rules. */
public final class RulePolicies {

  /** As {@link PodRenderer} and {@link PeerWriter} begin the comment of a policy's rule. */
  private static final Pattern OF_POLICY =
      Pattern.compile("--comment \"([^ \"]+/[^ \"]+) (?:ingress|egress) \\d+[:\"]");

  /** As the comment of a pod's last rule lists those that isolate it. */
  private static final Pattern ISOLATING =
      Pattern.compile("--comment \"[^ \"]+/[^ \"]+ \\w+ (?:denied|audited): ([^\"]+)\"");

  private RulePolicies() {}

  /**
   * The policies that a line is for: those in its own comment, else those in the comments of rules
   * that name a set or chain of ours which the line names.
   *
   * @param rules rules that may name it
   * @return as {@code namespace/name}; empty where nothing tells
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
    Set<String> policies = new TreeSet<>();
    Matcher one = OF_POLICY.matcher(rule);
    Matcher several = ISOLATING.matcher(rule);
    if (one.find()) {
      policies.add(one.group(1));
    } else if (several.find()) {
      Stream.of(several.group(1).split(", "))
          .filter(p -> p.indexOf('/') > 0)
          .forEach(policies::add);
    }
    return policies;
  }
}
