package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernel is said to hold a pod's rules only where it has every one, and each set member. */
class HoldsTest {

  private static final PodInFamily DB = new PodInFamily(new ObjectKey("shop", "db"), Family.IPV4);
  private static final PodInFamily OPEN =
      new PodInFamily(new ObjectKey("shop", "api-1"), Family.IPV4);

  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
  private Dataplane dataplane;

  /** What the tools print of the kernel. */
  private final Map<KernelTool, String> kernel =
      new TreeMap<>(
          Map.of(
              IptablesTools.IPSET,
              Listings.empty(IptablesTools.IPSET),
              IptablesTools.IPTABLES,
              Listings.empty(IptablesTools.IPTABLES)));

  @BeforeEach
  void deliver() {
    cluster.put(pod("db", 1));
    cluster.put(pod("api-1", 2));
    cluster.put(policy(5432));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    dataplane = IptablesDataplane.unread(cluster, RenderOptions.DEFAULT);
    for (KernelTool tool : IptablesTools.ALL) {
      dataplane.observe(tool, Listings.empty(tool));
    }
    assertThat(holds(DB)).as("before anything is written").isFalse();
    apply();
  }

  private void apply() {
    ApplyPlan attempt =
        dataplane.plan(ReconcileRequest.everything("test", IptablesTools.ALL), Set.of());
    attempt.transactions().forEach(dataplane::confirm);
    attempt.finish();
    for (KernelTool tool : List.of(IptablesTools.IPSET, IptablesTools.IPTABLES)) {
      kernel.put(tool, saved(tool));
    }
  }

  private boolean holds(PodInFamily pod) {
    return dataplane.isProgrammed(pod, new ReadKernel(kernel));
  }

  @Test
  void holdsWhatWasWritten() {
    assertThat(holds(DB)).isTrue();
    assertThat(holds(OPEN)).as("no rule is needed, and none is there").isTrue();
  }

  @Test
  void doesNotHoldWhatIsStillToBeWritten() {
    cluster.put(policy(5433));
    assertThat(holds(DB)).as("another port").isFalse();
    apply();
    assertThat(holds(DB)).isTrue();
    cluster.put(pod("api-2", 3));
    assertThat(holds(DB)).as("another member of its set").isFalse();
    apply();
    assertThat(holds(DB)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "iptables | --dport 5432 | --dport 5433",
        "iptables | -A NWPLCY-TO -d 10.0.0.1/32 | -A NWPLCY-TO -d 10.0.0.9/32",
        "iptables | -A FORWARD -j NWPLCY-FORWARD | -A FORWARD -j ACCEPT",
        "ipset    | 10.0.0.2 | 10.0.0.9",
      })
  void doesNotHoldWhatSomebodyElseChanged(String id, String from, String to) {
    KernelTool tool = dataplane.tool(id);
    assertThat(kernel.get(tool)).contains(from);
    kernel.computeIfPresent(tool, (t, saved) -> saved.replace(from, to));
    assertThat(holds(DB)).isFalse();
    assertThat(
            dataplane
                .plan(ReconcileRequest.everything("test", IptablesTools.ALL), Set.of())
                .transactions())
        .as("what the data plane knows stays as it is")
        .isEmpty();
  }

  /** What the kernel would print that got what is wanted. */
  private String saved(KernelTool tool) {
    return RestoreFiles.of(cluster, RenderOptions.DEFAULT)
        .byTool()
        .get(tool)
        .replaceAll("-I (FORWARD|OUTPUT) 1 ", "-A $1 ");
  }

  private static Pod pod(String name, int address) {
    return new Pod(
        new ObjectKey("shop", name),
        "n1",
        false,
        false,
        Map.of("app", name.replaceAll("-.*", "")),
        List.of(IpAddress.ipv4(0x0a000000L | address)),
        List.of());
  }

  private static NetworkPolicy policy(int port) {
    Peer api = new Peer.Pods(new Peer.NamespaceScope.Named("shop"), selector("api"));
    PortMatch match = new PortMatch.Range(io.netpol.net.Protocol.TCP, port, port);
    return new NetworkPolicy(
        new ObjectKey("shop", "db"),
        selector("db"),
        Map.of(Direction.INGRESS, List.of(new Rule(List.of(api), List.of(match)))));
  }

  private static LabelSelector selector(String app) {
    return new LabelSelector(List.of(Requirement.equalTo("app", app)));
  }
}
