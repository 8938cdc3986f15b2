package io.netpol.dataplane.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SourceCidrsTest {

  @Test
  void neighboursAreOneBlockWhereNobodyBetweenThemIsAllowed() {
    List<IpAddress> senders = addresses("10.1.2.3", "10.1.2.200", "10.1.2.77");
    assertThat(SourceCidrs.of(senders, sender -> true)).containsExactly(Cidr.parse("10.1.2.0/24"));
  }

  @Test
  void blockLeavesOutWhoIsAllowed() {
    IpAddress allowed = IpAddress.parse("fd00::80");
    assertThat(
            SourceCidrs.of(
                addresses("fd00::1", "fd00::2", "fd00::81", "fd01::1"),
                sender -> !sender.equals(allowed)))
        .containsExactly(
            Cidr.parse("fd00::/121"), Cidr.parse("fd00::81/128"), Cidr.parse("fd01::1/128"));
  }

  @Property(tries = 300)
  void blocksHoldAllSendersAndNobodyWhoIsAllowed(
      @ForAll @Size(max = 60) Set<@IntRange(max = 1023) Integer> senders,
      @ForAll @Size(max = 20) Set<@IntRange(max = 1023) Integer> others) {
    Set<IpAddress> from = senders.stream().map(SourceCidrsTest::address).collect(toSet());
    Set<IpAddress> allowed = others.stream().map(SourceCidrsTest::address).collect(toSet());
    allowed.removeAll(from);
    List<Cidr> blocks = SourceCidrs.of(from, sender -> !allowed.contains(sender));
    assertThat(blocks.size()).isLessThanOrEqualTo(from.size());
    IntStream.range(0, 1024)
        .mapToObj(SourceCidrsTest::address)
        .forEach(
            address -> {
              long holding = blocks.stream().filter(block -> block.contains(address)).count();
              assertThat(holding)
                  .as(address.toString())
                  .isBetween(from.contains(address) ? 1L : 0L, allowed.contains(address) ? 0L : 1L);
            });
  }

  private static <T> java.util.stream.Collector<T, ?, Set<T>> toSet() {
    return Collectors.toCollection(java.util.HashSet::new);
  }

  private static IpAddress address(int number) {
    return IpAddress.ipv4((10L << 24) + number);
  }

  private static List<IpAddress> addresses(String... texts) {
    return java.util.Arrays.stream(texts).map(IpAddress::parse).toList();
  }
}
