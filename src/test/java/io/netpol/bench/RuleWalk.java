package io.netpol.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes the first packet of a TCP connection through the chains that {@code iptables-save} printed,
 * rule by rule as the kernel does, and counts the rules that were looked at.
 */
final class RuleWalk {

  /** What becomes of the packet. */
  record Outcome(boolean accepted, int rulesLookedAt) {}

  /** Whether a set has a member, as {@code 10.1.2.3} or {@code 10.1.2.3,tcp:80}. */
  interface Membership {
    boolean has(String set, String member) throws IOException;
  }

  private static final Pattern WORD = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|\\S+");

  private final Map<String, List<List<String>>> chains = new HashMap<>();
  private final Membership sets;
  private final String source;
  private final String destination;
  private final int port;
  private int lookedAt;

  RuleWalk(String saved, Membership sets, String source, String destination, int port) {
    this.sets = sets;
    this.source = source;
    this.destination = destination;
    this.port = port;
    for (String line : saved.split("\n")) {
      if (line.startsWith("-A ")) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(line);
        while (matcher.find()) {
          words.add(matcher.group());
        }
        chains.computeIfAbsent(words.get(1), c -> new ArrayList<>()).add(words);
      }
    }
  }

  Outcome from(String chain) throws IOException {
    String end = walk(chain);
    return new Outcome(!"DROP".equals(end) && !"REJECT".equals(end), lookedAt);
  }

  /** The verdict that the chain ends in, or RETURN. */
  private String walk(String chain) throws IOException {
    for (List<String> rule : chains.getOrDefault(chain, List.of())) {
      lookedAt++;
      if (!matches(rule)) {
        continue;
      }
      int jump = Math.max(rule.indexOf("-j"), rule.indexOf("-g"));
      String target = rule.get(jump + 1);
      if (List.of("ACCEPT", "DROP", "REJECT", "RETURN").contains(target)) {
        return target;
      }
      String verdict = walk(target);
      if (!verdict.equals("RETURN") || rule.get(jump).equals("-g")) {
        return verdict;
      }
    }
    return "RETURN";
  }

  private boolean matches(List<String> rule) throws IOException {
    for (int i = 2; i < rule.size(); i++) {
      String value = i + 1 < rule.size() ? rule.get(i + 1) : "";
      boolean holds =
          switch (rule.get(i)) {
            case "-s" -> contains(value, source);
            case "-d" -> contains(value, destination);
            case "-p" -> value.equals("tcp");
            case "--dport" -> inRange(value);
            case "--ctstate" -> value.contains("NEW");
            case "--match-set" -> sets.has(value, member(rule.get(i + 2)));
            case "--physdev-is-bridged" -> false; // the node routes it
            case "!" -> throw new IllegalStateException("cannot walk: " + rule);
            default -> true;
          };
      if (!holds) {
        return false;
      }
    }
    return true;
  }

  private String member(String flags) {
    String address = flags.startsWith("src") ? source : destination;
    return flags.contains(",") ? address + ",tcp:" + port : address;
  }

  private boolean inRange(String ports) {
    String[] ends = ports.split(":");
    return Integer.parseInt(ends[0]) <= port && port <= Integer.parseInt(ends[ends.length - 1]);
  }

  private static boolean contains(String block, String address) {
    String[] parts = block.split("/");
    int bits = parts.length == 1 ? 32 : Integer.parseInt(parts[1]);
    return bits == 0 || number(parts[0]) >>> (32 - bits) == number(address) >>> (32 - bits);
  }

  private static long number(String address) {
    long number = 0;
    for (String part : address.split("\\.")) {
      number = number << 8 | Integer.parseInt(part);
    }
    return number;
  }
}
