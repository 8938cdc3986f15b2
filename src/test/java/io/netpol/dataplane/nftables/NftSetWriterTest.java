package io.netpol.dataplane.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.reconcile.KernelSet;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.dataplane.render.AddressSet.Kind;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NftSetWriterTest {

  private static final String NAME = "NWPLCY-4-a";

  private final NftSetWriter writer = new NftSetWriter();

  private static AddressSet blocks(Family family, List<Cidr> blocks, List<Cidr> except) {
    return new AddressSet(NAME, Kind.BLOCKS, family, Optional.empty(), blocks, except);
  }

  private static List<Cidr> cidrs(String... texts) {
    return List.of(texts).stream().map(Cidr::parse).toList();
  }

  private static KernelSet set(Kind kind, String... entries) {
    return new KernelSet(NAME, kind, Family.IPV4, Optional.empty(), List.of(entries));
  }

  private static ObservedSet present(Kind kind, String... entries) {
    ObservedSet present = ObservedSet.empty(Optional.of(kind), Family.IPV4, Integer.MAX_VALUE);
    present.entries().addAll(List.of(entries));
    return present;
  }

  private String added(KernelSet set, ObservedSet present, List<String> added) {
    StringBuilder lines = new StringBuilder();
    assertThat(writer.add(lines, set, present, added, Map.of())).isFalse();
    return lines.toString();
  }

  private String removed(KernelSet set, String... removed) {
    StringBuilder lines = new StringBuilder();
    writer.remove(lines, set, List.of(removed));
    return lines.toString();
  }

  @Test
  void blocksWithinOthersAreLeftOutAndExceptionsAreCutOut() {
    assertThat(
            NftSetWriter.set(
                    blocks(
                        Family.IPV4,
                        cidrs(
                            "10.1.0.0/16", "10.0.0.0/8", "10.0.0.0/8", "9.0.0.1/32", "11.0.0.0/8"),
                        List.of()))
                .entries())
        .containsExactly("9.0.0.1", "10.0.0.0/8", "11.0.0.0/8");
    assertThat(
            NftSetWriter.set(
                    blocks(Family.IPV4, cidrs("10.0.0.0/29"), cidrs("10.0.0.2/31", "10.0.0.4/32")))
                .entries())
        .containsExactly("10.0.0.0/31", "10.0.0.5", "10.0.0.6/31");
    assertThat(
            NftSetWriter.set(blocks(Family.IPV6, cidrs("::/1", "8000::/1"), cidrs("8000::/2")))
                .entries())
        .containsExactly("::/1", "c000::/2");
    assertThat(
            NftSetWriter.set(
                    blocks(Family.IPV4, cidrs("10.0.0.0/30"), cidrs("10.0.0.0/31", "10.0.0.2/31")))
                .entries())
        .isEmpty();
  }

  @Provide
  Arbitrary<List<Cidr>> smallBlocks() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 31), Arbitraries.integers().between(27, 32))
        .as((last, prefix) -> new Cidr(IpAddress.ipv4(0x0a000000L + last), prefix))
        .list()
        .ofMaxSize(6);
  }

  @Property(tries = 1_000)
  void entriesAreDisjointAndContainWhatTheSetDoes(
      @ForAll("smallBlocks") List<Cidr> blocks, @ForAll("smallBlocks") List<Cidr> except) {
    List<Cidr> entries =
        NftSetWriter.set(blocks(Family.IPV4, blocks, except)).entries().stream()
            .map(text -> text.contains("/") ? Cidr.parse(text) : Cidr.parse(text + "/32"))
            .toList();
    for (int last = 0; last < 32; last++) {
      IpAddress address = IpAddress.ipv4(0x0a000000L + last);
      boolean wanted =
          blocks.stream().anyMatch(block -> block.contains(address))
              && except.stream().noneMatch(block -> block.contains(address));
      assertThat(entries.stream().filter(entry -> entry.contains(address)).count())
          .as(address.toString())
          .isEqualTo(wanted ? 1 : 0);
    }
  }

  @Test
  void newSetIsDeclaredByItsKind() {
    assertThat(added(set(Kind.ADDRESSES), null, List.of("10.0.0.1", "10.0.0.2")))
        .isEqualTo(
            "add set inet netpol NWPLCY-4-a { type ipv4_addr; }\n"
                + "add element inet netpol NWPLCY-4-a { 10.0.0.1, 10.0.0.2 }\n");
    assertThat(added(set(Kind.ADDRESSES_AND_PORTS), null, List.of("10.0.0.1,sctp:80")))
        .isEqualTo(
            "add set inet netpol NWPLCY-4-a { type ipv4_addr . inet_proto . inet_service; }\n"
                + "add element inet netpol NWPLCY-4-a { 10.0.0.1 . 132 . 80 }\n");
    assertThat(added(set(Kind.BLOCKS, "10.0.0.0/8"), null, List.of("10.0.0.0/8")))
        .isEqualTo(
            "add set inet netpol NWPLCY-4-a { type ipv4_addr; flags interval; }\n"
                + "add element inet netpol NWPLCY-4-a { 10.0.0.0/8 }\n");
    assertThat(added(set(Kind.ADDRESSES), null, List.of()))
        .isEqualTo("add set inet netpol NWPLCY-4-a { type ipv4_addr; }\n");
  }

  @Test
  void setOfAnotherKindIsReplaced() {
    assertThat(added(set(Kind.ADDRESSES), present(Kind.BLOCKS), List.of("10.0.0.1")))
        .startsWith("delete set inet netpol NWPLCY-4-a\nadd set inet netpol NWPLCY-4-a ");
  }

  @Test
  void onlyTheDifferenceOfMembersIsWritten() {
    ObservedSet present = present(Kind.ADDRESSES, "10.0.0.1");
    assertThat(added(set(Kind.ADDRESSES), present, List.of("10.0.0.2")))
        .isEqualTo("add element inet netpol NWPLCY-4-a { 10.0.0.2 }\n");
    assertThat(removed(set(Kind.ADDRESSES), "10.0.0.1"))
        .isEqualTo("delete element inet netpol NWPLCY-4-a { 10.0.0.1 }\n");
    assertThat(removed(set(Kind.ADDRESSES_AND_PORTS), "fd00::1,tcp:80", "10.0.0.1,icmp:80"))
        .isEqualTo(
            "delete element inet netpol NWPLCY-4-a { fd00::1 . 6 . 80, 10.0.0.1 . icmp . 80 }\n");
  }

  /** A block is refused while another that overlaps it is in the set. */
  @Test
  void changedBlocksAreWrittenAnew() {
    String anew =
        "flush set inet netpol NWPLCY-4-a\n"
            + "add element inet netpol NWPLCY-4-a { 10.0.0.0/9, 10.128.0.0/9 }\n";
    KernelSet set = set(Kind.BLOCKS, "10.0.0.0/9", "10.128.0.0/9");
    ObservedSet present = present(Kind.BLOCKS, "10.0.0.0/8");
    assertThat(added(set, present, List.of("10.0.0.0/9", "10.128.0.0/9"))).isEqualTo(anew);
    assertThat(removed(set, "10.0.0.0/8")).isEqualTo(anew);
  }

  @Test
  void manyElementsAreWrittenInLinesOfFiveHundred() {
    List<String> many =
        IntStream.range(0, 1_201).mapToObj(i -> "10.0." + i / 250 + "." + i % 250).toList();
    List<String> lines = added(set(Kind.ADDRESSES), present(Kind.ADDRESSES), many).lines().toList();
    assertThat(lines).extracting(line -> line.split(",").length).containsExactly(500, 500, 201);
    assertThat(lines.stream().map(line -> line.replaceAll(".*\\{ | \\}", "")))
        .containsExactly(
            String.join(", ", many.subList(0, 500)),
            String.join(", ", many.subList(500, 1_000)),
            String.join(", ", many.subList(1_000, 1_201)));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1 . 6 . 80, '10.0.0.1,tcp:80'",
    "10.0.0.1 . tcp . 80, '10.0.0.1,tcp:80'",
    "fd00::1 . 17 . 53, 'fd00::1,udp:53'",
    "10.0.0.1 . icmp . 80, '10.0.0.1,icmp:80'",
    "10.0.0.1, 10.0.0.1",
  })
  void elementIsReadAsAnEntry(String element, String entry) {
    assertThat(NftSetWriter.entry(Optional.of(Kind.ADDRESSES_AND_PORTS), element)).isEqualTo(entry);
  }
}
