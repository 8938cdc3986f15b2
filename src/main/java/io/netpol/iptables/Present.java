package io.netpol.iptables;

import io.netpol.policy.Family;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the kernel has of ours, as read from {@code iptables-save} and {@code ipset save} and kept
 * up to date with what was delivered since. Of anybody else's rules it keeps nothing.
 */
final class Present {

  /** The chains of the kernel that must jump to ours first. */
  static final List<String> HOOKS = List.of("FORWARD", "OUTPUT");

  /**
   * Our jumps in one of the kernel's chains.
   *
   * @param first whether the first rule of the chain is one of them
   * @param rules their text, without {@code -A CHAIN}
   */
  record Jumps(boolean first, List<String> rules) {
    static final Jumps NONE = new Jumps(false, List.of());
  }

  private final Map<Family, Map<String, List<String>>> chains = new EnumMap<>(Family.class);
  private final Map<Family, Map<String, Jumps>> jumps = new EnumMap<>(Family.class);
  private final Map<String, Set<String>> sets = new HashMap<>();
  private final Set<Tool> unread;

  /** Nothing of ours is in the kernel. */
  static Present empty() {
    Present present = new Present();
    present.unread.clear();
    return present;
  }

  /** Not known until read. */
  Present() {
    unread = new HashSet<>(Set.of(Tool.values()));
    for (Family family : Family.values()) {
      chains.put(family, new HashMap<>());
      jumps.put(family, new HashMap<>());
    }
  }

  /** What still must be read. */
  Set<Tool> unread() {
    return Set.copyOf(unread);
  }

  /** A delivery failed, and so nobody knows what the kernel has now. */
  void forget() {
    unread.addAll(Set.of(Tool.values()));
  }

  /** Takes the output of {@code iptables-save}, {@code ip6tables-save} or {@code ipset save} in. */
  void read(Tool tool, String saved) {
    switch (tool) {
      case IPSET -> readSets(saved);
      case IPTABLES -> readTable(Family.IPV4, saved);
      case IP6TABLES -> readTable(Family.IPV6, saved);
    }
    unread.remove(tool);
  }

  private void readTable(Family family, String saved) {
    Map<String, List<String>> chainsRead = new HashMap<>();
    Map<String, List<String>> hooks = new HashMap<>();
    boolean filter = false;
    for (String line : saved.split("\n")) {
      if (line.startsWith("*")) {
        filter = line.equals("*filter");
      } else if (filter && line.startsWith(":" + Names.PREFIX)) {
        chainsRead.put(line.substring(1, line.indexOf(' ')), new ArrayList<>());
      } else if (filter && line.startsWith("-A ")) {
        int end = line.indexOf(' ', 3);
        String chain = line.substring(3, end);
        String rule = line.substring(end + 1);
        if (Names.isOurs(chain)) {
          chainsRead.computeIfAbsent(chain, c -> new ArrayList<>()).add(rule);
        } else if (HOOKS.contains(chain)) {
          hooks.computeIfAbsent(chain, c -> new ArrayList<>()).add(rule);
        }
      }
    }
    chains.put(family, chainsRead);
    Map<String, Jumps> jumpsRead = new HashMap<>();
    hooks.forEach(
        (hook, rules) -> {
          List<String> ours = rules.stream().filter(Present::isJump).toList();
          jumpsRead.put(hook, new Jumps(isJump(rules.get(0)), ours));
        });
    jumps.put(family, jumpsRead);
  }

  private static boolean isJump(String rule) {
    return rule.endsWith("-j " + Names.FORWARD) || rule.endsWith("-g " + Names.FORWARD);
  }

  private void readSets(String saved) {
    sets.clear();
    for (String line : saved.split("\n")) {
      String[] words = line.split(" ", 3);
      if (words.length == 3 && Names.isOurs(words[1])) {
        if (words[0].equals("create")) {
          sets.put(words[1], new HashSet<>());
        } else if (words[0].equals("add") && sets.containsKey(words[1])) {
          sets.get(words[1]).add(words[2]);
        }
      }
    }
  }

  /** Our chains of a family with their rules; may be changed by who delivered a change. */
  Map<String, List<String>> chains(Family family) {
    return chains.get(family);
  }

  /** Our jumps in one of {@link #HOOKS}. */
  Jumps jumps(Family family, String hook) {
    return jumps.get(family).getOrDefault(hook, Jumps.NONE);
  }

  /** Notes that a hook's only jump of ours is now this one, in first place. */
  void hooked(Family family, String hook, String rule) {
    jumps.get(family).put(hook, new Jumps(true, List.of(rule)));
  }

  /** Our sets with their entries; may be changed by who delivered a change. */
  Map<String, Set<String>> sets() {
    return sets;
  }
}
