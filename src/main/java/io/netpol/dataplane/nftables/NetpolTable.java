package io.netpol.dataplane.nftables;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.dataplane.reconcile.FamilyBackend;
import io.netpol.dataplane.reconcile.KernelSet;
import io.netpol.dataplane.reconcile.ObservedState;
import io.netpol.dataplane.reconcile.PodChains;
import io.netpol.dataplane.reconcile.PodChains.Entry;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.Match.Address;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Writes the part of one family in the table of the agent.
 *
 * <p>The two verdict maps, and the set of programmed addresses, are treated as chains whose rules
 * are their elements: they are compared alike, but written element by element. The first rule of a
 * base chain is its type, hook, priority and policy.
 */
final class NetpolTable implements FamilyBackend {

  /** The base chains, which lead packets of the family to {@link Names#FORWARD}. */
  private static final String HOOK_FORWARD = Names.PREFIX + "HOOK-FORWARD";

  private static final String HOOK_OUTPUT = Names.PREFIX + "HOOK-OUTPUT";

  /** The addresses of pods whose rules are programmed; only where all others are denied. */
  private static final String PROGRAMMED = Names.TO + "-PROGRAMMED";

  /** Router solicitation to redirect: IPv6 neighbour discovery (RFC 4861, section 4). */
  private static final String NEIGHBOUR_DISCOVERY =
      "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit,"
          + " nd-neighbor-advert, nd-redirect } counter return comment \"neighbour discovery\"";

  private static final String ESTABLISHED = "ct state established,related return";

  private final Family family;
  private final int priority;
  private final RuleWriter writer;

  /**
   * Makes the part of a family.
   *
   * @param priority the priority of the base chains (nft(8), HOOKS)
   */
  NetpolTable(Family family, int priority) {
    this.family = family;
    this.priority = priority;
    this.writer = new RuleWriter(family, this::chainName);
  }

  /** Returns the family whose chain, map or set has the name; empty if the agent has none such. */
  static Optional<Family> familyOf(String name) {
    if (!Names.isOurs(name)) {
      return Optional.empty();
    }
    return Stream.of(Family.values()).filter(family -> name.endsWith(suffix(family))).findFirst();
  }

  private static String suffix(Family family) {
    return family == Family.IPV4 ? "-4" : "-6";
  }

  /** Returns whether the name is of a verdict map, or of the set of programmed addresses. */
  static boolean hasElements(String name) {
    return Stream.of(Family.values())
        .anyMatch(
            family ->
                Stream.of(Names.FROM, Names.TO, PROGRAMMED)
                    .anyMatch(mapped -> name.equals(mapped + suffix(family))));
  }

  /** Returns the type of a verdict map, or of the set of programmed addresses, as nft prints it. */
  static String elementType(String name) {
    String type = "type " + addressType(familyOf(name).orElse(Family.IPV4));
    return name.startsWith(PROGRAMMED) ? type : type + " : verdict";
  }

  @Override
  public KernelTool chainsTool() {
    return NftTools.NFT;
  }

  @Override
  public KernelTool setsTool() {
    return NftTools.NFT;
  }

  @Override
  public String chainName(String name) {
    return name + suffix(family);
  }

  @Override
  public List<String> write(Chain chain) {
    return writer.write(chain);
  }

  @Override
  public String dispatchWord(IpAddress address) {
    return address.toString();
  }

  @Override
  public boolean isHooked(ObservedState observed) {
    return true; // the base chains are chains of the agent
  }

  private String protocol() {
    return family == Family.IPV4 ? "ip" : "ip6";
  }

  @Override
  public Map<String, List<String>> base(
      Map<ObjectKey, PodChains> pods, List<Cidr> protectedCidrs, BridgePorts ports) {
    Map<String, List<String>> base = new TreeMap<>();
    if (pods.isEmpty() && protectedCidrs.isEmpty()) {
      return base;
    }
    SortedMap<IpAddress, List<Entry>> byAddress = new TreeMap<>();
    for (PodChains rules : pods.values()) {
      for (Entry entry : rules.entries()) {
        byAddress.computeIfAbsent(entry.address(), a -> new ArrayList<>()).add(entry);
      }
    }
    String nfproto = "meta nfproto " + (family == Family.IPV4 ? "ipv4" : "ipv6");
    String jump = nfproto + " jump " + chainName(Names.FORWARD);
    base.put(chainName(HOOK_FORWARD), List.of(hook("forward"), jump));
    // Packets from the node itself are exempt; those that IPVS forwards are not.
    base.put(chainName(HOOK_OUTPUT), List.of(hook("output"), "fib saddr type != local " + jump));
    base.put(chainName(Names.FORWARD), forward(protectedCidrs));
    base.put(chainName(Names.FROM), elements(Names.FROM, Direction.EGRESS, byAddress, base));
    base.put(chainName(Names.TO), elements(Names.TO, Direction.INGRESS, byAddress, base));
    if (!protectedCidrs.isEmpty()) {
      base.put(
          chainName(PROGRAMMED), byAddress.keySet().stream().map(IpAddress::toString).toList());
    }
    return base;
  }

  private String hook(String name) {
    return NftListing.hook(name, priority);
  }

  private List<String> forward(List<Cidr> protectedCidrs) {
    List<String> rules = new ArrayList<>();
    if (family == Family.IPV6) {
      rules.add(NEIGHBOUR_DISCOVERY);
    }
    // Before established connections: a protected address gets no packets of a former pod either.
    for (Cidr block : protectedCidrs) {
      for (Address address : Address.values()) {
        String field = protocol() + (address == Address.SOURCE ? " saddr " : " daddr ");
        String in = block.prefix() == 0 ? "" : field + block.shortText() + " ";
        rules.add(
            in
                + field
                + "!= @"
                + chainName(PROGRAMMED)
                + " counter drop comment \"not programmed yet\"");
      }
    }
    rules.add(ESTABLISHED);
    rules.add(protocol() + " saddr vmap @" + chainName(Names.FROM));
    rules.add(protocol() + " daddr vmap @" + chainName(Names.TO));
    return rules;
  }

  /**
   * Returns the elements that lead each address to the chain of its pod. Two pods share an address
   * while one of them terminates: a chain of their own then leads to both, and is added to {@code
   * base}.
   */
  private List<String> elements(
      String map,
      Direction direction,
      SortedMap<IpAddress, List<Entry>> byAddress,
      Map<String, List<String>> base) {
    List<String> elements = new ArrayList<>();
    byAddress.forEach(
        (address, entries) -> {
          List<Entry> isolated =
              entries.stream().filter(entry -> chain(entry, direction) != null).toList();
          if (isolated.isEmpty()) {
            return;
          }
          String target = chain(isolated.get(0), direction);
          if (isolated.size() > 1) {
            target = chainName(Names.dispatchChain(map, Cidr.of(address)));
            base.put(
                target,
                isolated.stream()
                    .map(
                        entry ->
                            "jump "
                                + chain(entry, direction)
                                + " "
                                + RuleWriter.comment(RuleLabel.OfPods.of(entry.pod())))
                    .distinct()
                    .toList());
          }
          elements.add(address + " : jump " + target);
        });
    return elements;
  }

  private static String chain(Entry entry, Direction direction) {
    return direction == Direction.EGRESS ? entry.from() : entry.to();
  }

  @Override
  public Optional<PendingTransaction> difference(
      Map<String, List<String>> desired,
      Set<String> unwanted,
      boolean hooked,
      ObservedState observed) {
    Map<String, List<String>> has = observed.chains();
    SortedMap<String, List<String>> write = observed.differing(desired);
    Set<String> remove = observed.existing(unwanted);
    String forward = chainName(Names.FORWARD);
    boolean remade = write.keySet().stream().anyMatch(name -> isOfOtherType(name, has));
    if (remade && desired.containsKey(forward)) {
      write.put(forward, desired.get(forward)); // only an unused map can be made anew
    }
    if (write.isEmpty() && remove.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new PendingTransaction(
            new Transaction(NftTools.NFT, Stage.CHAINS, payload(write, remove, has), false),
            () -> {
              has.putAll(write);
              has.keySet().removeAll(remove);
            }));
  }

  private String payload(
      SortedMap<String, List<String>> write, Set<String> remove, Map<String, List<String>> has) {
    Payload lines = new Payload();
    write.forEach(
        (name, rules) -> {
          List<String> before = has.get(name);
          boolean sameType =
              before != null && NftListing.type(before).equals(NftListing.type(rules));
          if (before != null && !hasElements(name)) {
            lines.add("flush chain", name);
          }
          if (before != null && !sameType) {
            lines.add("delete " + kind(name), name);
          }
          if (!sameType) {
            declare(name, rules, lines);
          }
        });
    remove.stream().filter(name -> kind(name).equals("chain")).forEach(flush(lines));
    remove.stream().filter(name -> NftListing.foreignMap(name).isPresent()).forEach(flush(lines));
    Stream.concat(write.keySet().stream(), remove.stream())
        .filter(NetpolTable::hasElements)
        .forEach(
            name -> {
              Set<String> gone = new LinkedHashSet<>(elements(has, name));
              write.getOrDefault(name, List.of()).forEach(gone::remove);
              lines.elements(
                  "delete", name, gone.stream().map(element -> element.split(" ", 2)[0]).toList());
            });
    write.forEach(
        (name, rules) -> {
          if (hasElements(name)) {
            Set<String> added = new LinkedHashSet<>(rules);
            elements(has, name).forEach(added::remove);
            lines.elements("add", name, added);
          } else {
            rules.stream()
                .filter(rule -> !NftListing.isHook(rule))
                .forEach(rule -> lines.add("add rule", name, rule));
          }
        });
    for (String name : remove) {
      lines.add("delete " + kind(name), NftListing.foreignMap(name).orElse(name));
    }
    return lines.toString();
  }

  private static boolean isOfOtherType(String name, Map<String, List<String>> has) {
    return hasElements(name) && !NftListing.type(has.getOrDefault(name, List.of())).isEmpty();
  }

  private static Consumer<String> flush(Payload lines) {
    return name -> lines.add("flush " + kind(name), NftListing.foreignMap(name).orElse(name));
  }

  private static String kind(String name) {
    if (NftListing.foreignMap(name).isPresent()) {
      return "map";
    }
    return !hasElements(name) ? "chain" : name.startsWith(PROGRAMMED) ? "set" : "map";
  }

  /** Returns the elements that a map has when it gets its own; none if it is made anew. */
  private static List<String> elements(Map<String, List<String>> has, String name) {
    List<String> elements = has.getOrDefault(name, List.of());
    return isOfOtherType(name, has) ? List.of() : elements;
  }

  private void declare(String name, List<String> rules, Payload lines) {
    if (name.equals(chainName(PROGRAMMED))) {
      lines.add("add set", name, "{ type " + addressType(family) + "; }");
    } else if (hasElements(name)) {
      lines.add("add map", name, "{ type " + addressType(family) + " : verdict; }");
    } else {
      String type = NftListing.type(rules);
      lines.add("add chain", name, type.isEmpty() ? "" : "{ " + type + " }");
    }
  }

  /** Returns the type of an address in a set. */
  static String addressType(Family family) {
    return family == Family.IPV4 ? "ipv4_addr" : "ipv6_addr";
  }

  @Override
  public KernelSet set(AddressSet set) {
    return NftSetWriter.set(set);
  }

  @Override
  public String destruction(String set) {
    return new Payload().add("delete set", set).toString();
  }

  @Override
  public String text(Map<String, List<String>> chains, Map<KernelSet, List<String>> sets) {
    StringBuilder text = new StringBuilder();
    NftSetWriter setWriter = new NftSetWriter();
    sets.forEach((set, entries) -> setWriter.add(text, set, null, entries, Map.of()));
    return text + payload(new TreeMap<>(chains), Set.of(), Map.of());
  }
}
