package io.netpol.lab;

import static io.netpol.lab.LabFixture.PORTS;
import static io.netpol.lab.LabFixture.everything;
import static io.netpol.lab.LabFixture.ipv4;
import static io.netpol.lab.LabFixture.ipv6;
import static io.netpol.lab.LabFixture.notAllowed;
import static io.netpol.lab.LabFixture.otherThan;
import static io.netpol.lab.LabFixture.run;
import static io.netpol.lab.LabFixture.small;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsKernel;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@NeedsKernel
class ReachabilityTest {
  private static final String ECHO_REQUEST = "icmp --icmp-type echo-request";

  private LabNetwork lab;
  private Prober prober;

  @AfterEach
  void close() {
    if (prober != null) {
      prober.close();
    }
    if (lab != null) {
      lab.close();
    }
  }

  private void start(LabPlan plan) throws IOException {
    lab = LabNetwork.start(plan);
    prober = Prober.start(lab, PORTS);
  }

  /** Where every flow has its answer soon, and none is to be sent twice meanwhile. */
  private void startPatient(LabPlan plan) throws IOException {
    lab = LabNetwork.start(plan);
    prober = Prober.start(lab, PORTS, PORTS, Eventually.BOUND);
  }

  @ParameterizedTest
  @EnumSource
  void withoutRulesEverybodyReachesEverybody(Wiring wiring) throws IOException {
    start(small(wiring));
    assertThat(notAllowed(prober, everything(lab))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aPortThatNobodyListensOnRejects(Wiring wiring) throws IOException {
    startPatient(small(wiring));
    List<Flow> flows =
        List.of(
            Flow.tcp("shop/a", ipv4(lab, "shop/c"), 9),
            Flow.tcp("shop/a", ipv6(lab, "shop/c"), 9),
            Flow.udp("shop/a", ipv4(lab, "shop/c"), 9),
            Flow.udp("shop/a", ipv6(lab, "shop/c"), 9));
    assertThat(prober.measure(flows).values()).containsOnly(Outcome.REJECTED);
  }

  @Test
  void aRefusalThatIsNotExpectedCountsOnlyIfItComesTwice() throws IOException {
    startPatient(small(Wiring.ROUTED));
    String once = " -m limit --limit 1/hour --limit-burst 1 -j REJECT";
    String rule = "iptables-nft -w -A FORWARD -p udp -d " + ipv4(lab, "shop/c");
    Flow datagram = Flow.udp("shop/a", ipv4(lab, "shop/c"), 80);
    run(lab, "n1", rule + once);
    assertThat(prober.measure(List.of(datagram)))
        .as("the first one is refused")
        .containsEntry(datagram, Outcome.REJECTED);
    run(lab, "n1", "iptables-nft -w -F FORWARD");
    run(lab, "n1", rule + once);
    assertThat(prober.measure(List.of(datagram), flow -> Outcome.ALLOWED))
        .containsEntry(datagram, Outcome.ALLOWED);
    run(lab, "n1", rule + " -j REJECT");
    assertThat(prober.measure(List.of(datagram), flow -> Outcome.ALLOWED))
        .containsEntry(datagram, Outcome.REJECTED);
  }

  @ParameterizedTest
  @EnumSource
  void anAddressWithoutARouteRejects(Wiring wiring) throws IOException {
    startPatient(small(wiring));
    List<Flow> flows =
        List.of(
            Flow.tcp("world", "192.0.2.1", 80),
            Flow.udp("world", "192.0.2.1", 80),
            Flow.icmp("world", "192.0.2.1"),
            Flow.icmp("world", "2001:db8:dead::1"));
    assertThat(prober.measure(flows).values()).containsOnly(Outcome.REJECTED);
  }

  /** On a bridge this shows that iptables sees bridged packets. */
  @ParameterizedTest
  @CsvSource({
    "ROUTED,  nft,    shop/b",
    "ROUTED,  legacy, shop/b",
    "BRIDGED, nft,    shop/b",
    "BRIDGED, legacy, shop/b",
    "ROUTED,  nft,    shop/c",
    "BRIDGED, legacy, shop/c",
  })
  void aDropRuleDeniesExactlyItsFlows(Wiring wiring, String backend, String to) throws IOException {
    start(small(wiring));
    String rule = " -s %s -d %s -p %s -j DROP";
    String v4 = "iptables-" + backend + " -w -A FORWARD";
    String v6 = "ip6tables-" + backend + " -w -A FORWARD";
    run(lab, "n1", v4 + rule.formatted(ipv4(lab, "shop/a"), ipv4(lab, to), "tcp --dport 80"));
    run(lab, "n1", v6 + rule.formatted(ipv6(lab, "shop/a"), ipv6(lab, to), "udp --dport 8080"));
    run(lab, "n1", v4 + rule.formatted(ipv4(lab, "shop/a"), ipv4(lab, to), ECHO_REQUEST));
    assertThat(notAllowed(prober, everything(lab)))
        .isEqualTo(
            Map.of(
                Flow.tcp("shop/a", ipv4(lab, to), 80).toString(), Outcome.DENIED,
                Flow.udp("shop/a", ipv6(lab, to), 8080).toString(), Outcome.DENIED,
                Flow.icmp("shop/a", ipv4(lab, to)).toString(), Outcome.DENIED));
  }

  @ParameterizedTest
  @EnumSource
  void anEchoRequestIsIcmpInBothFamilies(Wiring wiring) throws IOException {
    start(small(wiring));
    run(lab, "shop/c", "iptables -w -A INPUT -p icmp --icmp-type echo-request -j DROP");
    run(lab, "shop/c", "ip6tables -w -A INPUT -p icmpv6 --icmpv6-type echo-request -j DROP");
    assertThat(notAllowed(prober, everything(lab)).entrySet())
        .hasSize(2 * lab.members().size())
        .allMatch(entry -> entry.getValue() == Outcome.DENIED)
        .allMatch(entry -> entry.getKey().contains("ICMP"));
  }

  @ParameterizedTest
  @EnumSource
  void aRejectRuleRejects(Wiring wiring) throws IOException {
    start(small(wiring));
    run(lab, "n2", "iptables -w -A FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset");
    run(lab, "n2", "iptables -w -A FORWARD -m conntrack --ctstate NEW -j REJECT");
    run(lab, "n2", "ip6tables -w -A FORWARD -m conntrack --ctstate NEW -j REJECT");
    List<Flow> flows =
        everything(lab).stream()
            .filter(flow -> flow.from().equals("shop/a"))
            .filter(flow -> lab.addresses("shop/c").contains(flow.toAddress()))
            .toList();
    assertThat(flows).hasSize(10);
    assertThat(otherThan(prober, flows, flow -> Outcome.REJECTED)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aDropOnTheWayOutOfANodeIsDeniedThere(Wiring wiring) throws IOException {
    start(small(wiring));
    run(lab, "n1", "iptables -w -A OUTPUT -m conntrack --ctstate NEW -j DROP");
    List<Flow> flows =
        everything(lab).stream()
            .filter(flow -> flow.from().equals("n1"))
            .filter(flow -> flow.toAddress().equals(ipv4(lab, "shop/a")))
            .toList();
    assertThat(prober.measure(flows).values()).hasSize(5).containsOnly(Outcome.DENIED);
  }

  @ParameterizedTest
  @EnumSource
  void anEarlierDatagramOpensNoWayForALaterOne(Wiring wiring) throws IOException {
    start(small(wiring));
    List<Flow> flows = List.of(Flow.udp("shop/a", ipv4(lab, "shop/c"), 80));
    assertThat(prober.measure(flows, flow -> Outcome.ALLOWED).values())
        .containsOnly(Outcome.ALLOWED);
    run(lab, "n1", "iptables -w -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT");
    run(lab, "n1", "iptables -w -A FORWARD -j DROP");
    assertThat(prober.measure(flows).values()).containsOnly(Outcome.DENIED);
  }

  @ParameterizedTest
  @EnumSource
  void aLongConnectionShowsWhetherEstablishedConnectionsGoOn(Wiring wiring) throws IOException {
    start(small(wiring));
    Duration limit = Duration.ofMillis(400);
    // Connection tracking starts here.
    run(lab, "n1", "ip6tables -w -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT");
    try (LongConnection connection = prober.connect("shop/a", ipv6(lab, "shop/c"), 80)) {
      assertThat(connection.ping(Eventually.BOUND)).isTrue();
      run(lab, "n1", "ip6tables -w -A FORWARD -p tcp -j DROP");
      assertThat(connection.ping(Eventually.BOUND)).isTrue();
      run(lab, "n1", "ip6tables -w -I FORWARD -p tcp --dport 80 -j DROP");
      assertThat(connection.ping(limit)).isFalse();
      run(lab, "n1", "ip6tables -w -D FORWARD -p tcp --dport 80 -j DROP");
      assertThat(connection.ping(Eventually.BOUND)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aThousandFlowsAreMeasuredAtOnceAndLeaveNoDescriptorsOpen(Wiring wiring) throws Exception {
    LabPlan plan = small(wiring);
    for (int i = 0; i < 6; i++) {
      plan = plan.pod("pod-" + i, i % 2 == 0 ? "n1" : "n2");
    }
    start(plan);
    List<Flow> flows = everything(lab);
    assertThat(flows).hasSizeGreaterThan(1_000);
    run(lab, "n1", "iptables -w -A FORWARD -m conntrack --ctstate NEW -j REJECT");
    run(lab, "n2", "ip6tables -w -A FORWARD -m conntrack --ctstate NEW -j DROP");
    int before = openDescriptors();
    Map<Flow, Outcome> outcomes =
        prober.measure(flows, flow -> flow.toAddress().contains(":") ? null : Outcome.REJECTED);
    assertThat(outcomes).hasSameSizeAs(flows);
    outcomes.forEach(
        (flow, outcome) ->
            assertThat(outcome)
                .as(flow.toString())
                .isNotEqualTo(flow.toAddress().contains(":") ? Outcome.REJECTED : Outcome.DENIED));
    // What was accepted is closed by its own thread, a little later.
    Eventually.holds("all closed", () -> openDescriptors() <= before + 20);
  }

  private static int openDescriptors() {
    String[] descriptors = new File("/proc/self/fd").list();
    return descriptors == null ? 0 : descriptors.length;
  }
}
