package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.render.Action;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.Match;
import io.netpol.dataplane.render.Match.Address;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DispatchTreeTest {

  private static final int LEVELS_TO_512_ADDRESSES = 5;

  /** The first one has a shorter prefix in common with the others, by an odd number of bits. */
  @ParameterizedTest
  @ValueSource(strings = {"10.244.4.1", "10.244.8.1", "10.244.2.200", "10.244.1.7", "10.200.0.1"})
  void oneAddressMoreChangesOnlyTheChainsOnTheWayToIt(String address) {
    SortedMap<IpAddress, List<Rule>> addresses = addresses(Family.IPV4, 500);
    Set<Chain> before = tree(addresses);

    addresses.putAll(ofAddress(IpAddress.parse(address)));

    Set<Chain> changed = tree(addresses);
    changed.removeAll(before);
    assertThat(changed).hasSizeLessThanOrEqualTo(LEVELS_TO_512_ADDRESSES + 2);
  }

  @ParameterizedTest
  @EnumSource
  void everyAddressIsFoundOnOneWay(Family family) {
    SortedMap<IpAddress, List<Rule>> addresses = addresses(family, 500);
    Set<Chain> tree = tree(addresses);

    for (IpAddress address : addresses.keySet()) {
      assertThat(traversed(tree, Names.TO, address, addresses.get(address).get(0)))
          .as("rules up to that of %s", address)
          .isBetween(1, 4 * (LEVELS_TO_512_ADDRESSES + 1));
    }
  }

  @Test
  void aFewAddressesAreListedInTheRoot() {
    assertThat(tree(addresses(Family.IPV4, 4))).hasSize(1);
  }

  /** Returns how many rules a packet to the address traverses up to the rule. */
  private static int traversed(Set<Chain> tree, String name, IpAddress address, Rule wanted) {
    Chain chain = tree.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
    int count = 0;
    for (Rule rule : chain.rules()) {
      count++;
      Match.InBlock block = (Match.InBlock) rule.matches().get(0);
      if (block.block().contains(address)) {
        return rule.action() instanceof Action.GoTo further
            ? count + traversed(tree, further.chain(), address, wanted)
            : rule.equals(wanted) ? count : Integer.MAX_VALUE;
      }
    }
    return Integer.MAX_VALUE;
  }

  private static Set<Chain> tree(SortedMap<IpAddress, List<Rule>> addresses) {
    return new HashSet<>(DispatchTree.chains(Names.TO, addresses, List.of()));
  }

  private static SortedMap<IpAddress, List<Rule>> addresses(Family family, int number) {
    SortedMap<IpAddress, List<Rule>> addresses = new TreeMap<>();
    IntStream.range(10, 10 + number)
        .mapToObj(
            i ->
                family == Family.IPV4
                    ? "10.244.%d.%d".formatted(i >> 8, i & 255)
                    : "fd00:10:244::%x".formatted(i))
        .forEach(address -> addresses.putAll(ofAddress(IpAddress.parse(address))));
    return addresses;
  }

  private static SortedMap<IpAddress, List<Rule>> ofAddress(IpAddress address) {
    Rule rule =
        Rule.of(
            new Action.Jump("NWPLCY-IN-" + address),
            new Match.InBlock(Address.DESTINATION, Cidr.of(address)));
    return new TreeMap<>(java.util.Map.of(address, List.of(rule)));
  }
}
