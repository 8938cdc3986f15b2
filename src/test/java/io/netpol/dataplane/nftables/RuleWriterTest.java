package io.netpol.dataplane.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.render.Action;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.LogPrefix;
import io.netpol.dataplane.render.Match;
import io.netpol.dataplane.render.Match.Address;
import io.netpol.dataplane.render.Rule;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.PortMatch;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.Protocol;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RuleWriterTest {

  private static final RuleWriter IPV4 = new RuleWriter(Family.IPV4, name -> name + "-4");
  private static final RuleWriter IPV6 = new RuleWriter(Family.IPV6, name -> name + "-6");
  private static final ObjectKey POD = new ObjectKey("x", "a");

  private static PortMatch.Range range(int first, int last) {
    return new PortMatch.Range(Protocol.TCP, first, last);
  }

  private static Match.DestinationPorts ports(PortMatch.Range... ranges) {
    return new Match.DestinationPorts(List.of(ranges));
  }

  private static AddressSet set(AddressSet.Kind kind) {
    return new AddressSet("NWPLCY-4-a", kind, Family.IPV4, Optional.empty(), List.of(), List.of());
  }

  private static Match block(Address address, String block) {
    return new Match.InBlock(address, Cidr.parse(block));
  }

  static Stream<Arguments> rules() {
    LogPrefix prefix = new LogPrefix("netpol", false, Direction.INGRESS, POD);
    Match ofPods = new Match.InSet(Address.SOURCE, set(AddressSet.Kind.ADDRESSES));
    Match ofPorts = new Match.InSet(Address.DESTINATION, set(AddressSet.Kind.ADDRESSES_AND_PORTS));
    Match udp = new Match.Transport(Protocol.UDP);
    return Stream.of(
        Arguments.of("counter return", Rule.of(new Action.Return())),
        Arguments.of("counter accept", Rule.of(new Action.Accept())),
        Arguments.of("counter drop", Rule.of(new Action.Drop())),
        Arguments.of(
            "meta nfproto ipv4 counter reject with icmp port-unreachable",
            Rule.of(new Action.Reject())),
        Arguments.of("jump chain-4", Rule.of(new Action.Jump("chain"))),
        Arguments.of("goto chain-4", Rule.of(new Action.GoTo("chain"))),
        Arguments.of(
            "limit rate 5/minute burst 5 packets log prefix \"netpol ingress x/a \"",
            Rule.of(new Action.Log(prefix), new Match.RateLimit(5))),
        Arguments.of(
            "log prefix \"netpol ingress x/a\" group 0", Rule.of(new Action.NfLog(prefix, 0))),
        Arguments.of(
            "ip saddr 10.0.0.1 counter return",
            Rule.of(new Action.Return(), block(Address.SOURCE, "10.0.0.1/32"))),
        Arguments.of(
            "ip daddr 10.0.0.0/8 counter return",
            Rule.of(new Action.Return(), block(Address.DESTINATION, "10.0.0.0/8"))),
        Arguments.of(
            "counter return", Rule.of(new Action.Return(), block(Address.SOURCE, "0.0.0.0/0"))),
        Arguments.of(
            "ip saddr @NWPLCY-4-a meta l4proto 17 counter return",
            Rule.of(new Action.Return(), ofPods, udp)),
        Arguments.of(
            "ip daddr . meta l4proto . th dport @NWPLCY-4-a counter return",
            Rule.of(new Action.Return(), udp, ofPorts)),
        Arguments.of(
            "tcp dport 80 counter return", Rule.of(new Action.Return(), ports(range(80, 80)))),
        Arguments.of(
            "tcp dport 1-65535 counter return",
            Rule.of(new Action.Return(), ports(range(1, 65_535)))),
        Arguments.of(
            "tcp dport { 80-91, 443 } counter return",
            Rule.of(new Action.Return(), ports(range(443, 443), range(85, 91), range(80, 90)))),
        Arguments.of(
            "tcp dport 80-91 counter return",
            Rule.of(new Action.Return(), ports(range(81, 91), range(80, 80)))),
        Arguments.of(
            "counter drop comment \"x/a itself\"",
            Rule.of(new RuleLabel.Itself(POD), new Action.Drop())));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void ruleIsWritten(String text, Rule rule) {
    assertThat(IPV4.write(rule)).isEqualTo(text);
  }

  @Test
  void ipv6HasItsOwnWords() {
    assertThat(IPV6.write(Rule.of(new Action.Reject(), block(Address.SOURCE, "fd00::/8"))))
        .isEqualTo(
            "ip6 saddr fd00::/8 meta nfproto ipv6 counter reject with icmpv6 port-unreachable");
    assertThat(IPV6.write(Rule.of(new Action.Jump("chain"), block(Address.SOURCE, "::/0"))))
        .isEqualTo("jump chain-6");
  }

  /** The kernel would count the second of two equal rules never. */
  @Test
  void chainHasNoRuleTwice() {
    Rule rule = Rule.of(new Action.Return());
    assertThat(IPV4.write(new Chain("c", List.of(rule, rule, Rule.of(new Action.Drop())))))
        .containsExactly("counter return", "counter drop");
  }

  /** NFTNL_UDATA_COMMENT_MAXLEN is 128 bytes, with a zero at the end. */
  @Test
  void commentFitsIntoTheKernelInBytes() {
    Rule rule = Rule.of(new RuleLabel.Note("\u00e9\"\n".repeat(200)), new Action.Drop());
    String written = IPV4.write(rule);
    String comment = written.substring("counter drop comment \"".length(), written.length() - 1);
    assertThat(comment).matches("[ -!#-~]{100,127}");
  }

  @Provide
  Arbitrary<List<PortMatch.Range>> ranges() {
    Arbitrary<Integer> port =
        Arbitraries.oneOf(
            Arbitraries.integers().between(1, 40),
            Arbitraries.integers().between(65_500, 65_535),
            Arbitraries.integers().between(1, 65_535));
    return Combinators.combine(port, port)
        .as((a, b) -> range(Math.min(a, b), Math.max(a, b)))
        .list()
        .ofMinSize(1)
        .ofMaxSize(12);
  }

  @Property(tries = 1_000)
  void mergedRangesAreTheSamePortsAndNeitherOverlapNorTouch(
      @ForAll("ranges") List<PortMatch.Range> ranges) {
    List<PortMatch.Range> merged = RuleWriter.merged(ranges);
    assertThat(ports(merged)).isEqualTo(ports(ranges));
    for (int i = 1; i < merged.size(); i++) {
      assertThat(merged.get(i).first()).isGreaterThan(merged.get(i - 1).last() + 1);
    }
  }

  private static BitSet ports(List<PortMatch.Range> ranges) {
    BitSet ports = new BitSet();
    ranges.forEach(range -> ports.set(range.first(), range.last() + 1));
    return ports;
  }
}
