package io.netpol.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.dataplane.render.RenderOptions;
import io.netpol.policy.Cluster;
import io.netpol.policy.DefaultIsolation;
import io.netpol.policy.Direction;
import io.netpol.policy.Family;
import io.netpol.policy.IpAddress;
import io.netpol.policy.Kind;
import io.netpol.policy.LabelSelector;
import io.netpol.policy.NetworkPolicy;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.Peer;
import io.netpol.policy.Pod;
import io.netpol.policy.PortMatch;
import io.netpol.policy.Rule;
import java.util.AbstractSet;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is concluded from the kernel when it was read in time, too late, or not at all. */
class KnowledgeTest {

  private static final ObjectKey DB = new ObjectKey("shop", "db");

  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
  private final Map<Tool, String> kernel = new EnumMap<>(Tool.class);
  private Dataplane dataplane;

  @BeforeEach
  void start() {
    cluster.put(pod("db", 1));
    cluster.put(pod("api-1", 2));
    cluster.put(pod("api-2", 3));
    cluster.put(policy("api"));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    for (Tool tool : Tool.values()) {
      kernel.put(tool, Listings.empty(tool));
    }
    dataplane = Dataplane.unread(cluster, RenderOptions.DEFAULT);
    assertThat(apply(Work.everything("start"))).isNotEmpty();
    printed();
    assertThat(apply(Work.everything("again"))).isEmpty();
  }

  /** What the kernel prints that took everything. */
  private void printed() {
    Payloads.of(cluster, RenderOptions.DEFAULT)
        .byTool()
        .forEach(
            (tool, text) -> kernel.put(tool, text.replaceAll("-I (FORWARD|OUTPUT) 1 ", "-A $1 ")));
  }

  private List<String> apply(Work work) {
    if (!work.checks().isEmpty()) {
      dataplane.recheck(work.checks());
    }
    for (Tool tool : dataplane.unread(work)) {
      dataplane.read(tool, kernel.get(tool));
    }
    Dataplane.Attempt attempt = dataplane.attempt(work, Set.of());
    attempt.deliveries().forEach(dataplane::delivered);
    attempt.succeeded();
    return attempt.deliveries().stream().map(Delivery::payload).toList();
  }

  private static Work pods(Family... families) {
    Set<DuePod> pods = new TreeSet<>();
    for (Family family : families) {
      pods.add(new DuePod(DB, family));
    }
    return new Work(pods, Set.of(), Set.of(), Set.of(), Set.of("test"));
  }

  private void fail(Work work) {
    for (Tool tool : dataplane.unread(work)) {
      dataplane.read(tool, kernel.get(tool));
    }
    dataplane.attempt(work, Set.of()).failed();
  }

  private void tamper(Tool tool, String from, String to) {
    assertThat(kernel.get(tool)).contains(from);
    kernel.computeIfPresent(tool, (t, text) -> text.replace(from, to));
  }

  private String member(int number, Family family) {
    return kernel
        .get(Tool.IPSET)
        .lines()
        .filter(line -> line.startsWith("add ") && line.endsWith(address(number, family)))
        .findFirst()
        .orElseThrow();
  }

  private static String address(int number, Family family) {
    return family == Family.IPV4 ? " 10.0.0." + number : " fd00::" + number;
  }

  /** Of another set than what is due, and of the other family, too. */
  @ParameterizedTest
  @EnumSource(Family.class)
  void memberLostWhileAnAttemptFailedComesBackWithTheNext(Family lost) {
    String member = member(3, lost);
    fail(pods(Family.IPV4));
    tamper(Tool.IPSET, member + "\n", "");
    apply(pods(Family.IPV4));
    List<String> repairs = apply(Work.check(Tool.IPSET, "check"));
    if (lost == Family.IPV4) {
      repairs = List.of(member + "\n");
      fail(pods(Family.IPV4));
      assertThat(apply(pods(Family.IPV4))).isEqualTo(repairs);
    } else {
      assertThat(repairs).isEqualTo(List.of(member + "\n"));
    }
  }

  @Test
  void memberOfSomebodyElseAddedWhileAnAttemptFailedGoes() {
    String member = member(3, Family.IPV4);
    fail(pods(Family.IPV4));
    tamper(
        Tool.IPSET, member + "\n", member + "\n" + member.replace("10.0.0.3", "10.6.6.6") + "\n");
    assertThat(apply(pods(Family.IPV4)))
        .containsExactly(member.replace("add ", "del ").replace("10.0.0.3", "10.6.6.6") + "\n");
  }

  @Test
  void whatAnotherFamilysReadingFindsIsMoreToRepair() {
    String member = member(3, Family.IPV6);
    tamper(Tool.IPSET, member + "\n", "");
    fail(pods(Family.IPV4));
    apply(pods(Family.IPV4));
    assertThat(dataplane.isMoreToRepair(pods(Family.IPV4))).isTrue();
    assertThat(apply(Work.check(Tool.IPSET, "check"))).containsExactly(member + "\n");
    assertThat(dataplane.isMoreToRepair(pods(Family.IPV4))).isFalse();
  }

  /** Nothing is repaired that may be there, and what changes goes on to be written. */
  @Test
  void tableThatCanNoLongerBeReadIsBelievedToBeAsItWasWritten() {
    String whole = kernel.put(Tool.IPTABLES, "# Table `filter' is incompatible, use 'nft' tool.\n");
    for (int i = 0; i < 3; i++) {
      dataplane.recheck(Set.of(Tool.IPTABLES));
      assertThat(dataplane.unread(pods(Family.IPV4))).containsExactly(Tool.IPTABLES);
      assertThatThrownBy(() -> dataplane.read(Tool.IPTABLES, kernel.get(Tool.IPTABLES)))
          .isInstanceOf(UnreadableListing.class);
      assertThat(dataplane.couldNotRead(Tool.IPTABLES)).isTrue();
      assertThat(apply(Work.wanted("check").of(Set.of(Family.IPV4)))).isEmpty();
      assertThatThrownBy(() -> new KernelSnapshot(kernel)).isInstanceOf(UnreadableListing.class);
    }
    cluster.put(policy("other"));
    List<String> written = apply(pods(Family.IPV4));
    assertThat(String.join("", written)).contains(":NWPLCY-IN-").doesNotContain("-I FORWARD");

    kernel.put(Tool.IPTABLES, whole);
    cluster.put(policy("api"));
    assertThat(apply(pods(Family.IPV4))).hasSize(1);
    assertThat(apply(Work.check(Tool.IPTABLES, "check"))).isEmpty();
    assertThat(dataplane.holds(new DuePod(DB, Family.IPV4), new KernelSnapshot(kernel))).isTrue();
  }

  /** Whatever went wrong while it was looked at: the members that came meanwhile are not lost. */
  @Test
  void memberThatCameBeforeAnAttemptThrewGoesInWithTheNext() {
    cluster.put(pod("api-3", 4));
    Work due = new Work(Set.of(), cluster.tracked(), Set.of(), Set.of(), Set.of("test"));
    Set<DuePod> pods = pods(Family.IPV6).pods();
    Work whole = new Work(pods, due.sets(), Set.of(), Set.of(), Set.of("test"));
    Set<DuePod> broken =
        new AbstractSet<>() {
          @Override
          public boolean contains(Object pod) {
            throw new IllegalStateException("after IPv4 was looked at");
          }

          @Override
          public Iterator<DuePod> iterator() {
            return Collections.emptyIterator();
          }

          @Override
          public int size() {
            return 0;
          }
        };
    assertThatThrownBy(() -> dataplane.attempt(whole, broken))
        .hasMessage("after IPv4 was looked at");
    List<String> added = apply(whole);
    assertThat(String.join("", added))
        .contains(address(4, Family.IPV4))
        .contains(address(4, Family.IPV6));
  }

  @Test
  void tableThatNobodyHasReadYetCannotBeDoneWithout() {
    dataplane.forget();
    assertThat(dataplane.couldNotRead(Tool.IPTABLES)).isFalse();
    assertThat(dataplane.unread(pods(Family.IPV4))).contains(Tool.IPTABLES);
  }

  @Test
  void repairThatDoesNotHoldIsMadeThreeTimesAndThenGivenUp() {
    tamper(Tool.IPTABLES, "shop/db\" -j DROP", "shop/db\" -j DROP --as-printed");
    for (int i = 1; i <= RepairBreaker.MOST; i++) {
      assertThat(apply(Work.check(Tool.IPTABLES, "check"))).as("repair " + i).hasSize(1);
      boolean last = i == RepairBreaker.MOST;
      assertThat(dataplane.unreadToVerify()).hasSize(last ? 1 : 0);
    }
    dataplane.read(Tool.IPTABLES, kernel.get(Tool.IPTABLES)); // as the route does, right after it
    assertThat(dataplane.stoppedRepairs())
        .singleElement()
        .asString()
        .contains("-j DROP\"", "-j DROP --as-printed\"", "iptables NWPLCY-IN-");
    for (int i = 0; i < 3; i++) {
      assertThat(apply(Work.check(Tool.IPTABLES, "check"))).isEmpty();
    }
    // Other chains, and the same with other rules, are written as ever.
    cluster.put(policy("other"));
    assertThat(apply(pods(Family.IPV4))).isNotEmpty();
    printed();
    assertThat(apply(Work.check(Tool.IPTABLES, "check"))).isEmpty();
    assertThat(dataplane.stoppedRepairs()).isEmpty();
  }

  @Test
  void repairsOfWhatSomebodyElseChangesAgainAndAgainGoOn() {
    String good = kernel.get(Tool.IPTABLES);
    for (int i = 0; i < 10; i++) {
      tamper(Tool.IPTABLES, "-j DROP", "-j ACCEPT");
      assertThat(apply(Work.check(Tool.IPTABLES, "check"))).hasSize(1);
      kernel.put(Tool.IPTABLES, good); // it has taken the repair
      for (Tool tool : dataplane.unreadToVerify()) {
        dataplane.read(tool, kernel.get(tool));
      }
    }
    assertThat(dataplane.stoppedRepairs()).isEmpty();
  }

  /** Only what is read right after it was written tells a fault of ours. */
  @Test
  void repairIsNotGivenUpForAReadingThatComesTooLate() {
    String good = kernel.get(Tool.IPTABLES);
    for (int i = 0; i < RepairBreaker.MOST; i++) {
      tamper(Tool.IPTABLES, "-j DROP", "-j ACCEPT");
      apply(Work.check(Tool.IPTABLES, "check"));
      kernel.put(Tool.IPTABLES, good);
    }
    assertThat(dataplane.unreadToVerify()).containsExactly(Tool.IPTABLES);
    dataplane.couldNotRead(Tool.IPTABLES);
    tamper(Tool.IPTABLES, "-j DROP", "-j ACCEPT");
    assertThat(apply(Work.check(Tool.IPTABLES, "check"))).hasSize(1);
    assertThat(dataplane.stoppedRepairs()).isEmpty();
  }

  @Test
  void jumpThatIsGoneAgainAndAgainIsAlwaysRepaired() {
    tamper(Tool.IPTABLES, "-A FORWARD -j NWPLCY-FORWARD\n", "");
    for (int i = 0; i < 10; i++) {
      assertThat(apply(Work.check(Tool.IPTABLES, "check"))).hasSize(1);
      assertThat(dataplane.unreadToVerify()).isEmpty();
    }
  }

  private static Pod pod(String name, int address) {
    return new Pod(
        new ObjectKey("shop", name),
        "n1",
        false,
        false,
        Map.of("app", name.replaceAll("-.*", "")),
        List.of(IpAddress.ipv4(0x0a000000L | address), IpAddress.ipv6(0xfd00L << 48, address)),
        List.of());
  }

  private static NetworkPolicy policy(String from) {
    Peer peer = new Peer.Pods(new Peer.NamespaceScope.Named("shop"), selector(from));
    return new NetworkPolicy(
        new ObjectKey("shop", "db"),
        selector("db"),
        new TreeMap<>(
            Map.of(
                Direction.INGRESS,
                List.of(new Rule(List.of(peer), List.of(new PortMatch.Any()))))));
  }

  private static LabelSelector selector(String app) {
    return new LabelSelector(
        List.of(new LabelSelector.Requirement("app", LabelSelector.Operator.IN, List.of(app))));
  }
}
