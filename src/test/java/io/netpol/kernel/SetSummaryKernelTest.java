package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.index.Cluster;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
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
import io.netpol.net.IpAddress;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the summary of ipset tells of the sets that the kernel really has. */
@NeedsKernel
class SetSummaryKernelTest {

  private static final Mode MODE = new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.IPSET);

  @Test
  void summaryDisagreesAsSoonAsAnybodyMakesASetLargerOrSmaller() throws IOException {
    try (LabNetwork lab = LabNetwork.start(LabPlan.of(Wiring.ROUTED).node("n1"))) {
      KernelNode node = new KernelNode(lab, "n1");
      Dataplane dataplane = IptablesDataplane.unread(cluster(), MODE.options());
      assertThat(agrees(dataplane, node)).as("before the kernel was read").isFalse();
      node.attempt(dataplane, ReconcileRequest.everything("start", IptablesTools.ALL), MODE);
      assertThat(agrees(dataplane, node)).isTrue();

      node.run("create foreign hash:ip\nadd foreign 10.9.9.9\n", "ipset", "restore");
      assertThat(agrees(dataplane, node)).as("beside somebody else's").isTrue();

      String set =
          node.saved(IptablesTools.IPSET, MODE)
              .lines()
              .filter(line -> line.endsWith(" 10.0.0.2"))
              .map(line -> line.split(" ")[1])
              .findFirst()
              .orElseThrow();
      for (String change : List.of("del 10.0.0.2", "add 10.0.0.9", "flush")) {
        String[] words = change.split(" ", 2);
        String rest = words.length == 1 ? "" : " " + words[1];
        node.run(words[0] + " " + set + rest + "\n", "ipset", "restore");
        assertThat(agrees(dataplane, node)).as(change).isFalse();
        dataplane.markStale(Set.of(IptablesTools.IPSET));
        node.attempt(dataplane, ReconcileRequest.everything("check", IptablesTools.ALL), MODE);
        assertThat(agrees(dataplane, node)).as("repaired after " + change).isTrue();
      }
    }
  }

  private static boolean agrees(Dataplane dataplane, KernelNode node) throws IOException {
    return dataplane.agrees(
        dataplane.summary(IptablesTools.IPSET).orElseThrow(),
        node.run("", "ipset", "list", "-terse"));
  }

  private static Cluster cluster() {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    cluster.put(pod("web", "n1", 1));
    cluster.put(pod("api", "n2", 2));
    Peer from = new Peer.Pods(new Peer.NamespaceScope.Named("x"), selector("api"));
    cluster.put(
        new NetworkPolicy(
            new ObjectKey("x", "for-web"),
            selector("web"),
            Map.of(
                Direction.INGRESS,
                List.of(new Rule(List.of(from), List.of(new PortMatch.Any()))))));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static LabelSelector selector(String app) {
    return new LabelSelector(List.of(Requirement.equalTo("app", app)));
  }

  private static Pod pod(String app, String node, int number) {
    List<IpAddress> addresses =
        List.of(
            IpAddress.ipv4(0x0a000000L + number), IpAddress.ipv6(0xfd00_0244_0000_0000L, number));
    return new Pod(
        new ObjectKey("x", app), node, false, false, Map.of("app", app), addresses, List.of());
  }
}
