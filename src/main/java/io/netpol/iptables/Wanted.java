package io.netpol.iptables;

import static io.netpol.iptables.RuleText.rule;

import io.netpol.iptables.PodRules.Entry;
import io.netpol.policy.Cidr;
import io.netpol.policy.Family;
import io.netpol.policy.IpAddress;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.PodSet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the kernel should have for all isolated pods of the node; immutable. */
final class Wanted {

  private static final String TRACKED = "conntrack --ctstate RELATED,ESTABLISHED";

  /** Router solicitation to redirect: IPv6 neighbour discovery (RFC 4861, section 4). */
  private static final List<Integer> NEIGHBOUR_DISCOVERY = List.of(133, 134, 135, 136, 137);

  private final RenderOptions options;
  private final SortedMap<ObjectKey, PodRules> pods;
  private final Map<Family, SortedMap<String, List<String>>> chains = new EnumMap<>(Family.class);
  private final SortedMap<String, IpSet> sets = new TreeMap<>();

  /** Nothing is isolated. */
  Wanted(RenderOptions options) {
    this(options, new TreeMap<>());
  }

  private Wanted(RenderOptions options, SortedMap<ObjectKey, PodRules> pods) {
    this.options = options;
    this.pods = pods;
    for (PodRules rules : pods.values()) {
      rules.sets().forEach(set -> sets.put(set.name(), set));
    }
    for (Family family : Family.values()) {
      chains.put(family, chains(family));
    }
  }

  /** This with other rules for some pods; empty takes a pod out. */
  Wanted with(Map<ObjectKey, Optional<PodRules>> changes) {
    if (changes.isEmpty()) {
      return this;
    }
    SortedMap<ObjectKey, PodRules> changed = new TreeMap<>(pods);
    changes.forEach(
        (pod, rules) -> rules.ifPresentOrElse(r -> changed.put(pod, r), () -> changed.remove(pod)));
    return new Wanted(options, changed);
  }

  /** The isolated pods with their rules, in order. */
  SortedMap<ObjectKey, PodRules> pods() {
    return pods;
  }

  /**
   * Our chains of a family with their rules; none where no pod with such an address is isolated.
   */
  SortedMap<String, List<String>> chainsOf(Family family) {
    return chains.get(family);
  }

  /** The sets that rules match against, by name. */
  SortedMap<String, IpSet> sets() {
    return sets;
  }

  /** The pods that any rules name, as sets or one by one. */
  Set<PodSet> named() {
    Set<PodSet> named = new HashSet<>();
    pods.values().forEach(rules -> named.addAll(rules.pods()));
    return named;
  }

  /** The pods whose rules name these pods. */
  List<ObjectKey> usersOf(PodSet named) {
    return pods.entrySet().stream()
        .filter(pod -> pod.getValue().pods().contains(named))
        .map(Map.Entry::getKey)
        .toList();
  }

  private SortedMap<String, List<String>> chains(Family family) {
    SortedMap<String, List<String>> all = new TreeMap<>();
    SortedMap<IpAddress, List<Entry>> byAddress = new TreeMap<>();
    for (PodRules rules : pods.values()) {
      all.putAll(rules.chains().getOrDefault(family, Map.of()));
      for (Entry entry : rules.entries()) {
        if (entry.address().family() == family) {
          byAddress.computeIfAbsent(entry.address(), a -> new ArrayList<>()).add(entry);
        }
      }
    }
    if (byAddress.isEmpty()) {
      return all;
    }
    all.put(Names.FORWARD, forward(family));
    if (accepts()) {
      all.put(
          Names.PASSED,
          List.of(rule().jump(Names.TO), rule().jump(RenderOptions.Accept.ACCEPT.name())));
    }
    SortedMap<IpAddress, List<String>> from = new TreeMap<>();
    SortedMap<IpAddress, List<String>> to = new TreeMap<>();
    byAddress.forEach(
        (address, entries) -> {
          from.put(address, from(address, entries));
          to.put(address, to(address, entries));
        });
    from.values().removeIf(List::isEmpty);
    to.values().removeIf(List::isEmpty);
    all.putAll(DispatchTree.chains(Names.FROM, from));
    all.putAll(DispatchTree.chains(Names.TO, to));
    return all;
  }

  private boolean accepts() {
    return options.accept() == RenderOptions.Accept.ACCEPT;
  }

  private List<String> forward(Family family) {
    List<String> rules = new ArrayList<>();
    if (family == Family.IPV6) {
      for (int type : NEIGHBOUR_DISCOVERY) {
        rules.add(
            rule()
                .protocol("ipv6-icmp")
                .match("icmp6 --icmpv6-type " + type)
                .comment("neighbour discovery")
                .jump("RETURN"));
      }
    }
    if (!accepts()) {
      rules.add(rule().match(TRACKED).jump("RETURN"));
    }
    rules.add(rule().jump(Names.FROM));
    rules.add(rule().jump(Names.TO));
    return List.copyOf(rules);
  }

  /** The rules for packets from an address; two pods share one while one of them is ending. */
  private List<String> from(IpAddress address, List<Entry> entries) {
    Cidr source = Cidr.of(address);
    String pod = pods(entries);
    List<String> rules = new ArrayList<>();
    if (accepts()) {
      rules.add(rule().source(source).match(TRACKED).comment(pod).jump("ACCEPT"));
    }
    List<String> chainNames = entries.stream().map(Entry::from).filter(Objects::nonNull).toList();
    chainNames.forEach(chain -> rules.add(rule().source(source).comment(pod).jump(chain)));
    if (accepts() && !chainNames.isEmpty()) {
      rules.add(rule().source(source).comment(pod).goTo(Names.PASSED));
    }
    return rules;
  }

  private List<String> to(IpAddress address, List<Entry> entries) {
    Cidr destination = Cidr.of(address);
    String pod = pods(entries);
    List<String> rules = new ArrayList<>();
    if (accepts()) {
      rules.add(rule().destination(destination).match(TRACKED).comment(pod).jump("ACCEPT"));
    }
    List<String> chainNames = entries.stream().map(Entry::to).filter(Objects::nonNull).toList();
    chainNames.forEach(
        chain -> rules.add(rule().destination(destination).comment(pod).jump(chain)));
    if (accepts() && !chainNames.isEmpty()) {
      rules.add(rule().destination(destination).comment(pod).jump("ACCEPT"));
    }
    return rules;
  }

  private static String pods(List<Entry> entries) {
    return "pod " + entries.stream().map(e -> e.pod().toString()).collect(Collectors.joining(", "));
  }
}
