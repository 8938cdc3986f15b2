package io.netpol.dataplane.nftables;

import io.netpol.dataplane.SavedLines;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.reconcile.ObservedState.ReadChains;
import io.netpol.dataplane.render.AddressSet.Kind;
import io.netpol.dataplane.render.Names;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Parses {@code nft -s list table inet netpol} (nft(8)), with or without the elements of sets and
 * maps. Blocks of kinds that the agent does not make are skipped; a text that does not end where
 * the table ends, or whose blocks have no name, is unreadable.
 */
final class NftListing {

  private static final String SUBJECT = "table " + NftTools.TABLE;
  private static final String START = "table " + NftTools.TABLE + " {";

  /** The listing of a kernel without the table. */
  static final String NOTHING = START + "\n}\n";

  private static final String ELEMENTS = "elements = {";

  /** A line that is of the table itself, and starts no block. */
  private static final Pattern OF_TABLE = Pattern.compile("flags [\\w, ]+|comment \"[^\"]*\"");

  private static final Pattern BLOCK = Pattern.compile("(\\w+(?: \\w+)?) (\\S+) \\{");

  /** Before the name of a map that the agent does not make, as if it were a chain. */
  private static final String MAP = "map ";

  private static final Pattern HOOK =
      Pattern.compile("type filter hook (\\w+) priority (.*); policy accept;");

  /** A number, or the name of a standard priority with an offset (nft(8), table 7). */
  private static final Pattern PRIORITY =
      Pattern.compile("(-?\\d{1,9})|filter(?: ([+-]) (\\d{1,9}))?");

  private static final Pattern PROTOCOL = Pattern.compile("meta l4proto (tcp|udp|sctp)\\b");

  /** A rate whose burst is the default, which nft does not print (nft(8), LIMIT STATEMENT). */
  private static final Pattern DEFAULT_BURST =
      Pattern.compile("limit rate \\d+/\\w+(?! burst)(?= |$)");

  /** An element; a comma within quotes does not end it. */
  private static final Pattern ELEMENT = Pattern.compile("[^\",]++(?:\"[^\"]*+\"[^\",]*+)*+");

  /** What an element can have beside its value without matching anything else. */
  private static final Pattern REMARK = Pattern.compile(" comment \"[^\"]*\"");

  private static final Comparator<String> BY_ADDRESS =
      Comparator.comparing(NftListing::address, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(Comparator.naturalOrder());

  /** The chains, and the maps as chains, of all families by name. */
  private final Map<String, List<String>> chains = new HashMap<>();

  private final Map<Family, Map<String, ObservedSet>> sets = new HashMap<>();

  private boolean dormant;

  private NftListing() {}

  /**
   * Returns whether no rule of the table applies. It then counts as empty, and must be deleted: the
   * kernel does not wake a table and change its base chains in one transaction.
   */
  boolean isDormant() {
    return dormant;
  }

  /**
   * Parses a listing.
   *
   * @throws UnreadableListing if it is incomplete or cannot be parsed
   */
  static NftListing read(String listing) {
    List<String> lines = logicalLines(listing);
    if (lines.isEmpty()
        || !lines.get(0).equals(START)
        || !lines.get(lines.size() - 1).equals("}")) {
      throw unreadable("it is not a whole table", lines.isEmpty() ? "" : lines.get(0));
    }
    NftListing read = new NftListing();
    for (int at = 1; at < lines.size() - 1; ) {
      String line = lines.get(at).strip();
      if (line.isEmpty() || OF_TABLE.matcher(line).matches()) {
        read.dormant |= line.startsWith("flags ") && line.contains("dormant");
        at++;
        continue;
      }
      int end = at + 1;
      while (end < lines.size() - 1 && !lines.get(end).equals("\t}")) {
        end++;
      }
      if (end == lines.size() - 1) {
        throw unreadable("a block has no end", line);
      }
      read.block(line, lines.subList(at + 1, end));
      at = end + 1;
    }
    if (read.dormant) {
      read.chains.clear();
      read.sets.clear();
    }
    return read;
  }

  /** Returns the lines; one that ends within quotes is continued by the next. */
  private static List<String> logicalLines(String listing) {
    if (!listing.isEmpty() && !listing.endsWith("\n")) {
      throw unreadable("it ends in the middle of the line", lastLine(listing));
    }
    List<String> lines = new ArrayList<>();
    StringBuilder open = new StringBuilder();
    boolean quoted = false;
    for (String line : listing.split("\n")) {
      open.append(line);
      quoted ^= hasOddQuotes(line);
      if (quoted) {
        open.append('\n');
      } else {
        lines.add(open.toString());
        open.setLength(0);
      }
    }
    if (quoted) {
      throw unreadable("it ends within quotes", open.toString());
    }
    return lines;
  }

  private static boolean hasOddQuotes(String line) {
    boolean odd = false;
    for (int at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) {
      odd = !odd;
    }
    return odd;
  }

  private static String lastLine(String listing) {
    return listing.substring(listing.lastIndexOf('\n') + 1);
  }

  private void block(String start, List<String> lines) {
    Matcher head = BLOCK.matcher(start);
    if (!head.matches()) {
      throw unreadable("nothing is known of the block", start);
    }
    String name = head.group(2);
    switch (head.group(1)) {
      case "chain" -> chains.put(name, rules(lines));
      case "map" -> {
        if (NetpolTable.hasElements(name)) {
          chains.put(name, mapped(name, lines));
        } else if (Names.familyOfSet(name).isPresent()) {
          set(name, lines); // of another type, in the place of one of the agent's
        } else {
          chains.put(MAP + name, mapped(name, lines));
        }
      }
      case "set" -> {
        if (NetpolTable.hasElements(name)) {
          chains.put(name, mapped(name, lines));
        } else {
          set(name, lines);
        }
      }
      default -> {} // of a kind that the agent does not make
    }
  }

  /** Returns the name of a map that the agent does not make; empty for the name of a chain. */
  static Optional<String> foreignMap(String name) {
    return name.startsWith(MAP) ? Optional.of(name.substring(MAP.length())) : Optional.empty();
  }

  /** Returns elements in order; first, as for a chain, the type if it is not one of the agent's. */
  private static List<String> mapped(String name, List<String> lines) {
    List<String> elements = new ArrayList<>();
    String type =
        lines.stream()
            .map(String::strip)
            .takeWhile(line -> !line.startsWith(ELEMENTS))
            .collect(Collectors.joining("; "));
    if (!type.equals(NetpolTable.elementType(name))) {
      elements.add(type);
    }
    elements(lines).stream().sorted(BY_ADDRESS).forEach(elements::add);
    return elements;
  }

  private static List<String> rules(List<String> lines) {
    List<String> rules = new ArrayList<>();
    for (String line : lines) {
      String rule = line.strip();
      if (!rule.isEmpty()) {
        rules.add(isHook(rule) ? canonicalHook(rule) : canonical(rule));
      }
    }
    return rules;
  }

  /** Returns a rule as the agent writes it, if nft may print it otherwise. */
  private static String canonical(String rule) {
    int quote = rule.indexOf('"');
    String matches = quote < 0 ? rule : rule.substring(0, quote); // texts are as they were written
    String numbers = PROTOCOL.matcher(matches).replaceAll(NftListing::byNumber);
    return DEFAULT_BURST.matcher(numbers).replaceAll("$0 burst 5 packets")
        + (quote < 0 ? "" : rule.substring(quote));
  }

  private static String byNumber(MatchResult protocol) {
    return "meta l4proto "
        + RuleWriter.number(Protocol.valueOf(protocol.group(1).toUpperCase(Locale.ROOT)));
  }

  /** Returns whether the first rule of a chain is its type, hook, priority and policy. */
  static boolean isHook(String rule) {
    return rule.startsWith("type ");
  }

  /** Returns the type of a chain, with hook, priority and policy; empty for a regular chain. */
  static String type(List<String> rules) {
    return rules.isEmpty() || !isHook(rules.get(0)) ? "" : rules.get(0);
  }

  /** Returns the type of a base chain with this hook, as {@link #read} returns it. */
  static String hook(String name, int priority) {
    return "type filter hook " + name + " priority " + priority + "; policy accept;";
  }

  private static String canonicalHook(String printed) {
    Matcher hook = HOOK.matcher(printed);
    Matcher priority = PRIORITY.matcher(hook.matches() ? hook.group(2) : "");
    if (!priority.matches()) {
      return printed;
    }
    int value = 0;
    if (priority.group(1) != null) {
      value = Integer.parseInt(priority.group(1));
    } else if (priority.group(2) != null) {
      value = Integer.parseInt(priority.group(3)) * (priority.group(2).equals("-") ? -1 : 1);
    }
    return hook(hook.group(1), value);
  }

  private void set(String name, List<String> lines) {
    String type = "";
    boolean interval = false;
    boolean other = false;
    for (String line : lines) {
      String words = line.strip();
      if (words.startsWith("type ")) {
        type = words.substring("type ".length());
      } else if (words.equals("flags interval")) {
        interval = true;
      } else if (words.startsWith(ELEMENTS)) {
        break;
      } else {
        other = true;
      }
    }
    boolean ipv6 = type.startsWith("ipv6_addr");
    boolean ports = type.endsWith("_addr . inet_proto . inet_service");
    boolean known = ports && !interval || type.equals("ipv4_addr") || type.equals("ipv6_addr");
    Optional<Kind> kind =
        !known || other
            ? Optional.empty()
            : Optional.of(
                ports ? Kind.ADDRESSES_AND_PORTS : interval ? Kind.BLOCKS : Kind.ADDRESSES);
    Family ofType = ipv6 ? Family.IPV6 : Family.IPV4;
    ObservedSet set = ObservedSet.empty(kind, ofType, Integer.MAX_VALUE);
    for (String element : elements(lines)) {
      String value = REMARK.matcher(element).replaceAll("");
      set.entries().add(NftSetWriter.entry(kind, value));
    }
    Family family = Names.familyOfSet(name).orElse(ofType);
    sets.computeIfAbsent(family, f -> new HashMap<>()).put(name, set);
  }

  /** Returns the elements of a set or map; none if they are not listed. */
  private static List<String> elements(List<String> lines) {
    StringBuilder text = new StringBuilder();
    boolean within = false;
    for (String line : lines) {
      String part = line.strip();
      if (part.startsWith(ELEMENTS)) {
        within = true;
        part = part.substring(ELEMENTS.length());
      }
      if (within) {
        text.append(part).append(' ');
      }
    }
    if (!within) {
      return List.of();
    }
    String all = text.toString().strip();
    if (!all.endsWith("}")) {
      throw unreadable("elements have no end", SavedLines.shown(all));
    }
    List<String> elements = new ArrayList<>();
    Matcher element = ELEMENT.matcher(all).region(0, all.length() - 1);
    while (element.find()) {
      String stripped = element.group().strip();
      if (!stripped.isEmpty()) {
        elements.add(stripped);
      }
    }
    return elements;
  }

  private static IpAddress address(String element) {
    try {
      return IpAddress.parse(element.split(" ", 2)[0]);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Returns the chains and maps of a family; those of no family are of IPv4. */
  ReadChains chains(Family family) {
    Map<String, List<String>> ofFamily = new HashMap<>();
    chains.forEach(
        (name, rules) -> {
          if (NetpolTable.familyOf(name).orElse(Family.IPV4) == family) {
            ofFamily.put(name, new ArrayList<>(rules));
          }
        });
    return new ReadChains(ofFamily, Map.of(), Map.of());
  }

  /** Returns all chains and maps by name. */
  Map<String, List<String>> chains() {
    return chains;
  }

  /** Returns the sets by family and name. */
  Map<Family, Map<String, ObservedSet>> sets() {
    return sets;
  }

  /** Returns the listing that a failed run stands for; empty if it only failed. */
  static Optional<String> ofFailure(String error) {
    List<String> lines = error.lines().toList();
    boolean isGone =
        lines.size() >= 2
            && lines.get(0).startsWith("Error: No such file or directory")
            && lines.get(1).startsWith("list table " + NftTools.TABLE);
    return isGone ? Optional.of(NOTHING) : Optional.empty();
  }

  private static UnreadableListing unreadable(String reason, String line) {
    return new UnreadableListing(
        SUBJECT, reason + (line.isEmpty() ? "" : ": " + SavedLines.shown(line)), "");
  }
}
