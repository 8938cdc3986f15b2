package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.reconcile.RepairBreaker;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.AbstractSet;
import java.util.Collections;
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
  private final Map<KernelTool, String> kernel = new TreeMap<>();
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
    for (KernelTool tool : IptablesTools.ALL) {
      kernel.put(tool, Listings.empty(tool));
    }
    dataplane = IptablesDataplane.unread(cluster, RenderOptions.DEFAULT);
    assertThat(apply(ReconcileRequest.everything("start", IptablesTools.ALL))).isNotEmpty();
    printed();
    assertThat(apply(ReconcileRequest.everything("again", IptablesTools.ALL))).isEmpty();
  }

  /** What the kernel prints that took everything. */
  private void printed() {
    RestoreFiles.of(cluster, RenderOptions.DEFAULT)
        .byTool()
        .forEach(
            (tool, text) -> kernel.put(tool, text.replaceAll("-I (FORWARD|OUTPUT) 1 ", "-A $1 ")));
  }

  private List<String> apply(ReconcileRequest work) {
    if (!work.checks().isEmpty()) {
      dataplane.markStale(work.checks());
    }
    for (KernelTool tool : dataplane.stale(work)) {
      dataplane.observe(tool, kernel.get(tool));
    }
    ApplyPlan attempt = dataplane.plan(work, Set.of());
    attempt.transactions().forEach(dataplane::confirm);
    attempt.finish();
    return attempt.transactions().stream().map(Transaction::payload).toList();
  }

  private static ReconcileRequest pods(Family... families) {
    Set<PodInFamily> pods = new TreeSet<>();
    for (Family family : families) {
      pods.add(new PodInFamily(DB, family));
    }
    return new ReconcileRequest(pods, Set.of(), Set.of(), Set.of(), Set.of("test"));
  }

  private void fail(ReconcileRequest work) {
    for (KernelTool tool : dataplane.stale(work)) {
      dataplane.observe(tool, kernel.get(tool));
    }
    dataplane.plan(work, Set.of()).abandon();
  }

  private void tamper(KernelTool tool, String from, String to) {
    assertThat(kernel.get(tool)).contains(from);
    kernel.computeIfPresent(tool, (t, text) -> text.replace(from, to));
  }

  private String member(int number, Family family) {
    return kernel
        .get(IptablesTools.IPSET)
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
    tamper(IptablesTools.IPSET, member + "\n", "");
    apply(pods(Family.IPV4));
    List<String> repairs = apply(ReconcileRequest.check(IptablesTools.IPSET, "check"));
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
        IptablesTools.IPSET,
        member + "\n",
        member + "\n" + member.replace("10.0.0.3", "10.6.6.6") + "\n");
    assertThat(apply(pods(Family.IPV4)))
        .containsExactly(member.replace("add ", "del ").replace("10.0.0.3", "10.6.6.6") + "\n");
  }

  @Test
  void whatAnotherFamilysReadingFindsIsMoreToRepair() {
    String member = member(3, Family.IPV6);
    tamper(IptablesTools.IPSET, member + "\n", "");
    fail(pods(Family.IPV4));
    apply(pods(Family.IPV4));
    assertThat(dataplane.isMoreToRepair(pods(Family.IPV4))).isTrue();
    assertThat(apply(ReconcileRequest.check(IptablesTools.IPSET, "check")))
        .containsExactly(member + "\n");
    assertThat(dataplane.isMoreToRepair(pods(Family.IPV4))).isFalse();
  }

  /** Nothing is repaired that may be there, and what changes goes on to be written. */
  @Test
  void tableThatCanNoLongerBeReadIsBelievedToBeAsItWasWritten() {
    String whole =
        kernel.put(IptablesTools.IPTABLES, "# Table `filter' is incompatible, use 'nft' tool.\n");
    for (int i = 0; i < 3; i++) {
      dataplane.markStale(Set.of(IptablesTools.IPTABLES));
      assertThat(dataplane.stale(pods(Family.IPV4))).containsExactly(IptablesTools.IPTABLES);
      assertThatThrownBy(
              () -> dataplane.observe(IptablesTools.IPTABLES, kernel.get(IptablesTools.IPTABLES)))
          .isInstanceOf(UnreadableListing.class);
      assertThat(dataplane.couldNotObserve(IptablesTools.IPTABLES)).isTrue();
      assertThat(apply(ReconcileRequest.wanted("check").of(Set.of(Family.IPV4)))).isEmpty();
      assertThatThrownBy(() -> new ReadKernel(kernel)).isInstanceOf(UnreadableListing.class);
    }
    cluster.put(policy("other"));
    List<String> written = apply(pods(Family.IPV4));
    assertThat(String.join("", written)).contains(":NWPLCY-IN-").doesNotContain("-I FORWARD");

    kernel.put(IptablesTools.IPTABLES, whole);
    cluster.put(policy("api"));
    assertThat(apply(pods(Family.IPV4))).hasSize(1);
    assertThat(apply(ReconcileRequest.check(IptablesTools.IPTABLES, "check"))).isEmpty();
    assertThat(dataplane.isProgrammed(new PodInFamily(DB, Family.IPV4), new ReadKernel(kernel)))
        .isTrue();
  }

  /** Whatever went wrong while it was looked at: the members that came meanwhile are not lost. */
  @Test
  void memberThatCameBeforeAnAttemptThrewGoesInWithTheNext() {
    cluster.put(pod("api-3", 4));
    ReconcileRequest due =
        new ReconcileRequest(Set.of(), cluster.tracked(), Set.of(), Set.of(), Set.of("test"));
    Set<PodInFamily> pods = pods(Family.IPV6).pods();
    ReconcileRequest whole =
        new ReconcileRequest(pods, due.sets(), Set.of(), Set.of(), Set.of("test"));
    Set<PodInFamily> broken =
        new AbstractSet<>() {
          @Override
          public boolean contains(Object pod) {
            throw new IllegalStateException("after IPv4 was looked at");
          }

          @Override
          public Iterator<PodInFamily> iterator() {
            return Collections.emptyIterator();
          }

          @Override
          public int size() {
            return 0;
          }
        };
    assertThatThrownBy(() -> dataplane.plan(whole, broken)).hasMessage("after IPv4 was looked at");
    List<String> added = apply(whole);
    assertThat(String.join("", added))
        .contains(address(4, Family.IPV4))
        .contains(address(4, Family.IPV6));
  }

  @Test
  void tableThatNobodyHasReadYetCannotBeDoneWithout() {
    dataplane.forget();
    assertThat(dataplane.couldNotObserve(IptablesTools.IPTABLES)).isFalse();
    assertThat(dataplane.stale(pods(Family.IPV4))).contains(IptablesTools.IPTABLES);
  }

  @Test
  void repairThatDoesNotHoldIsMadeThreeTimesAndThenGivenUp() {
    tamper(IptablesTools.IPTABLES, "shop/db\" -j DROP", "shop/db\" -j DROP --as-printed");
    for (int i = 1; i <= RepairBreaker.MOST; i++) {
      assertThat(apply(ReconcileRequest.check(IptablesTools.IPTABLES, "check")))
          .as("repair " + i)
          .hasSize(1);
      boolean last = i == RepairBreaker.MOST;
      assertThat(dataplane.staleToVerify()).hasSize(last ? 1 : 0);
    }
    dataplane.observe(
        IptablesTools.IPTABLES,
        kernel.get(IptablesTools.IPTABLES)); // as the route does, right after it
    assertThat(dataplane.stoppedRepairs())
        .singleElement()
        .asString()
        .contains("-j DROP\"", "-j DROP --as-printed\"", "iptables NWPLCY-IN-");
    for (int i = 0; i < 3; i++) {
      assertThat(apply(ReconcileRequest.check(IptablesTools.IPTABLES, "check"))).isEmpty();
    }
    // Other chains, and the same with other rules, are written as ever.
    cluster.put(policy("other"));
    assertThat(apply(pods(Family.IPV4))).isNotEmpty();
    printed();
    assertThat(apply(ReconcileRequest.check(IptablesTools.IPTABLES, "check"))).isEmpty();
    assertThat(dataplane.stoppedRepairs()).isEmpty();
  }

  @Test
  void repairsOfWhatSomebodyElseChangesAgainAndAgainGoOn() {
    String good = kernel.get(IptablesTools.IPTABLES);
    for (int i = 0; i < 10; i++) {
      tamper(IptablesTools.IPTABLES, "-j DROP", "-j ACCEPT");
      assertThat(apply(ReconcileRequest.check(IptablesTools.IPTABLES, "check"))).hasSize(1);
      kernel.put(IptablesTools.IPTABLES, good); // it has taken the repair
      for (KernelTool tool : dataplane.staleToVerify()) {
        dataplane.observe(tool, kernel.get(tool));
      }
    }
    assertThat(dataplane.stoppedRepairs()).isEmpty();
  }

  /** Only what is read right after it was written tells a fault of ours. */
  @Test
  void repairIsNotGivenUpForAReadingThatComesTooLate() {
    String good = kernel.get(IptablesTools.IPTABLES);
    for (int i = 0; i < RepairBreaker.MOST; i++) {
      tamper(IptablesTools.IPTABLES, "-j DROP", "-j ACCEPT");
      apply(ReconcileRequest.check(IptablesTools.IPTABLES, "check"));
      kernel.put(IptablesTools.IPTABLES, good);
    }
    assertThat(dataplane.staleToVerify()).containsExactly(IptablesTools.IPTABLES);
    dataplane.couldNotObserve(IptablesTools.IPTABLES);
    tamper(IptablesTools.IPTABLES, "-j DROP", "-j ACCEPT");
    assertThat(apply(ReconcileRequest.check(IptablesTools.IPTABLES, "check"))).hasSize(1);
    assertThat(dataplane.stoppedRepairs()).isEmpty();
  }

  @Test
  void jumpThatIsGoneAgainAndAgainIsAlwaysRepaired() {
    tamper(IptablesTools.IPTABLES, "-A FORWARD -j NWPLCY-FORWARD\n", "");
    for (int i = 0; i < 10; i++) {
      assertThat(apply(ReconcileRequest.check(IptablesTools.IPTABLES, "check"))).hasSize(1);
      assertThat(dataplane.staleToVerify()).isEmpty();
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
