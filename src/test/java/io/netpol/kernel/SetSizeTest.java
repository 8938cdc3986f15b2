package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Sets are as large as what they hold asks for, and no set that was there before is in the way. */
@NeedsKernel
class SetSizeTest {

  private static final Mode MODE = new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.IPSET);
  private static final Pattern CREATE =
      Pattern.compile("create (NWPLCY-4-\\S+) hash:ip .*maxelem (\\d+)");

  @Test
  void setThatOutgrowsItsSizeIsExchangedForALargerOne() throws IOException {
    try (LabNetwork lab = LabNetwork.start(LabPlan.of(Wiring.ROUTED).node("n1"))) {
      KernelNode node = new KernelNode(lab, "n1");
      Cluster cluster = cluster();
      Dataplane dataplane = IptablesDataplane.unread(cluster, MODE.options());
      node.attempt(dataplane, ReconcileRequest.everything("start", IptablesTools.ALL), MODE);
      assertThat(most(node)).isEqualTo(1024);
      ReconcileRequest due = ReconcileRequest.NONE;
      for (int i = 0; i < 1_500; i++) {
        due = due.and(ReconcileRequest.of(cluster.put(pod("p" + i, "n2", i)), "pods"));
        if (i % 100 == 0) {
          node.attempt(dataplane, due, MODE);
          due = ReconcileRequest.NONE;
          assertThat(entries(node)).isEqualTo(i + 2);
        }
      }
      node.attempt(dataplane, due, MODE);
      assertThat(entries(node)).isEqualTo(1_501);
      assertThat(most(node)).isEqualTo(4096);
      assertThat(node.saved(IptablesTools.IPSET, MODE)).doesNotContain("-n ");
      assertThat(node.due(cluster, MODE)).isEmpty();
    }
  }

  @Test
  void foreignSetOfAnotherTypeMakesRoomAndWhatACrashLeftIsCollected() throws IOException {
    try (LabNetwork lab = LabNetwork.start(LabPlan.of(Wiring.ROUTED).node("n1"))) {
      KernelNode node = new KernelNode(lab, "n1");
      Cluster cluster = cluster();
      node.apply(cluster, MODE);
      String name = create(node).group(1);
      node.wipe(MODE);
      node.run(
          "create "
              + name
              + " hash:ip,port\ncreate "
              + name
              + "-n hash:ip\nadd "
              + name
              + "-n 10.9.9.9\n",
          "ipset",
          "restore");
      List<Transaction> deliveries = node.apply(cluster, MODE);
      assertThat(deliveries.get(0).payload()).startsWith("destroy " + name + "\ncreate " + name);
      assertThat(node.saved(IptablesTools.IPSET, MODE))
          .doesNotContain("hash:ip,port")
          .doesNotContain("10.9.9.9");
      assertThat(node.due(cluster, MODE)).isEmpty();
    }
  }

  private static Matcher create(KernelNode node) throws IOException {
    Matcher create = CREATE.matcher(node.saved(IptablesTools.IPSET, MODE));
    assertThat(create.find()).isTrue();
    return create;
  }

  private static int most(KernelNode node) throws IOException {
    return Integer.parseInt(create(node).group(2));
  }

  private static int entries(KernelNode node) throws IOException {
    return (int)
        node.saved(IptablesTools.IPSET, MODE).lines().filter(l -> l.startsWith("add ")).count();
  }

  private static Cluster cluster() {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    cluster.put(pod("own", "n1", 65_000));
    Peer all = new Peer.Pods(new Peer.NamespaceScope.Named("x"), new LabelSelector(List.of()));
    cluster.put(
        new NetworkPolicy(
            new ObjectKey("x", "from-all"),
            new LabelSelector(List.of()),
            Map.of(
                Direction.INGRESS, List.of(new Rule(List.of(all), List.of(new PortMatch.Any()))))));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static Pod pod(String name, String node, int number) {
    IpAddress address = IpAddress.ipv4(0x0a000000L | number + 1);
    return new Pod(
        new ObjectKey("x", name), node, false, false, Map.of(), List.of(address), List.of());
  }
}
