package io.netpol.kernel;

import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.iptables.RestoreFiles;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Walks packets through the text that a node's tools are given, by what the manual pages of
 * iptables and ipset say. It knows nothing of policies, and refuses what it does not know.
 */
final class RuleWalk {

  /**
   * The first packet of a connection.
   *
   * @param protocol {@code tcp}, {@code udp}, {@code sctp} or {@code icmp}
   */
  record Packet(IpAddress source, IpAddress destination, String protocol, int port) {}

  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  private final Map<Family, Map<String, List<Rule>>> chains = new HashMap<>();
  private final Map<String, WalkedSet> sets = new HashMap<>();

  /** Reads payloads for an empty kernel. */
  RuleWalk(RestoreFiles payloads) {
    this(
        payloads.byTool().get(IptablesTools.IPSET),
        payloads.byTool().get(IptablesTools.IPTABLES),
        payloads.byTool().get(IptablesTools.IP6TABLES));
  }

  RuleWalk(String ipset, String iptables, String ip6tables) {
    ipset.lines().forEach(this::setLine);
    chains.put(Family.IPV4, new HashMap<>());
    chains.put(Family.IPV6, new HashMap<>());
    iptables.lines().forEach(line -> tableLine(chains.get(Family.IPV4), line));
    ip6tables.lines().forEach(line -> tableLine(chains.get(Family.IPV6), line));
  }

  /** Whether a packet that the node forwards gets through. */
  boolean forwards(Packet packet) {
    return !"DROP".equals(walk("FORWARD", packet));
  }

  private void setLine(String line) {
    List<String> words = words(line);
    if (words.get(0).equals("create")) {
      sets.put(words.get(1), new WalkedSet(words.get(2), words.get(4)));
    } else if (words.get(0).equals("add")) {
      sets.get(words.get(1)).add(words.subList(2, words.size()));
    } else {
      throw new IllegalArgumentException("no line for an empty kernel: " + line);
    }
  }

  private void tableLine(Map<String, List<Rule>> table, String line) {
    if (line.isEmpty() || line.equals("*filter") || line.equals("COMMIT")) {
      return;
    }
    List<String> words = words(line);
    if (line.startsWith(":")) {
      table.put(words.get(0).substring(1), new ArrayList<>());
    } else if (words.get(0).equals("-A")) {
      table.get(words.get(1)).add(Rule.read(words.subList(2, words.size())));
    } else if (words.get(0).equals("-I") && words.get(2).equals("1")) {
      table
          .computeIfAbsent(words.get(1), chain -> new ArrayList<>())
          .add(0, Rule.read(words.subList(3, words.size())));
    } else {
      throw new IllegalArgumentException("no line for an empty kernel: " + line);
    }
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(line);
    while (matcher.find()) {
      words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
    }
    return words;
  }

  /** ACCEPT or DROP; null where the end of the chain, or RETURN, came first. */
  private String walk(String chain, Packet packet) {
    Map<String, List<Rule>> table = chains.get(packet.source().family());
    for (Rule rule : table.getOrDefault(chain, List.of())) {
      if (!rule.matches(packet, sets)) {
        continue;
      }
      switch (rule.target()) {
        case "ACCEPT", "DROP" -> {
          return rule.target();
        }
        case "REJECT" -> {
          return "DROP";
        }
        case "RETURN" -> {
          return null;
        }
        default -> {
          if (!table.containsKey(rule.target())) {
            throw new IllegalArgumentException("no chain " + rule.target());
          }
          String verdict = walk(rule.target(), packet);
          if (verdict != null || rule.isGoto()) {
            return verdict;
          }
        }
      }
    }
    return null;
  }

  /** One rule: all conditions must hold. */
  private record Rule(List<Condition> conditions, String target, boolean isGoto) {

    /** iptables-extensions(8), multiport: a range counts as two. */
    private static final int MULTIPORT_SLOTS = 15;

    private interface Condition {
      boolean holds(Packet packet, Map<String, WalkedSet> sets);
    }

    boolean matches(Packet packet, Map<String, WalkedSet> sets) {
      return conditions.stream().allMatch(condition -> condition.holds(packet, sets));
    }

    static Rule read(List<String> text) {
      Deque<String> words = new ArrayDeque<>(text);
      List<Condition> conditions = new ArrayList<>();
      while (!words.isEmpty()) {
        String word = words.pop();
        switch (word) {
          case "-s" -> {
            Cidr block = Cidr.parse(words.pop());
            conditions.add((packet, sets) -> block.contains(packet.source()));
          }
          case "-d" -> {
            Cidr block = Cidr.parse(words.pop());
            conditions.add((packet, sets) -> block.contains(packet.destination()));
          }
          case "-p" -> {
            String protocol = words.pop();
            conditions.add((packet, sets) -> packet.protocol().equals(protocol));
          }
          case "-m" -> module(words.pop(), words, conditions);
          case "-j" -> {
            return new Rule(conditions, words.pop(), false);
          }
          case "-g" -> {
            return new Rule(conditions, words.pop(), true);
          }
          default -> throw new IllegalArgumentException("not known: " + word + " in " + text);
        }
      }
      throw new IllegalArgumentException("no target: " + text);
    }

    private static void module(String module, Deque<String> words, List<Condition> conditions) {
      switch (module) {
        case "tcp", "udp", "sctp" -> {
          if (words.peek().equals("--sport")) {
            words.pop();
            words.pop();
            conditions.add((packet, sets) -> false); // no packet here assigns addresses
          }
          expect(words, "--dport");
          String range = words.pop();
          conditions.add(
              (packet, sets) -> packet.protocol().equals(module) && isIn(packet.port(), range));
        }
        case "multiport" -> {
          expect(words, "--dports");
          List<String> ranges = List.of(words.pop().split(","));
          if (ranges.stream().mapToInt(range -> range.split(":").length).sum() > MULTIPORT_SLOTS) {
            throw new IllegalArgumentException("too many ports: " + ranges);
          }
          conditions.add(
              (packet, sets) -> ranges.stream().anyMatch(range -> isIn(packet.port(), range)));
        }
        case "comment" -> {
          expect(words, "--comment");
          words.pop();
        }
        case "conntrack" -> {
          expect(words, "--ctstate");
          expect(words, "RELATED,ESTABLISHED");
          conditions.add((packet, sets) -> false); // the connection is new
        }
        case "icmp6" -> {
          expect(words, "--icmpv6-type");
          words.pop();
          conditions.add((packet, sets) -> false); // no packet here is neighbour discovery
        }
        case "icmp" -> {
          expect(words, "--icmp-type");
          words.pop();
          conditions.add((packet, sets) -> false); // no packet here is from a router
        }
        case "physdev" -> {
          while (words.peek().startsWith("--")) {
            if (!words.pop().equals("--physdev-is-bridged")) {
              words.pop();
            }
          }
          conditions.add((packet, sets) -> false); // the node routes them
        }
        case "pkttype" -> {
          expect(words, "--pkt-type");
          expect(words, "broadcast");
          conditions.add((packet, sets) -> false);
        }
        case "addrtype" -> {
          if (words.peek().equals("--dst-type")) {
            words.pop();
            expect(words, "BROADCAST");
            conditions.add((packet, sets) -> false);
            return;
          }
          expect(words, "!");
          if (words.peek().equals("--dst-type")) {
            words.pop();
            expect(words, "BROADCAST");
          } else {
            expect(words, "--src-type");
            expect(words, "LOCAL");
          }
          conditions.add((packet, sets) -> true);
        }
        case "set" -> {
          expect(words, "--match-set");
          String name = words.pop();
          String ends = words.pop();
          conditions.add((packet, sets) -> sets.get(name).holds(packet, ends));
        }
        default -> throw new IllegalArgumentException("not known: -m " + module);
      }
    }

    private static boolean isIn(int port, String range) {
      String[] ends = range.split(":");
      return Integer.parseInt(ends[0]) <= port && port <= Integer.parseInt(ends[ends.length - 1]);
    }

    private static void expect(Deque<String> words, String word) {
      if (!words.pop().equals(word)) {
        throw new IllegalArgumentException("expected " + word);
      }
    }
  }
}
