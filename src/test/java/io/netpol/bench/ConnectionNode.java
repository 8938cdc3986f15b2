package io.netpol.bench;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;

/**
 * A node with two pods, and the rules of a load in its kernel. One policy, the last of its name,
 * lets the one pod connect to the other; all others on the way do not.
 */
final class ConnectionNode implements AutoCloseable {

  private static final int PORT = 9_999;
  private static final String NAMESPACE = "ns-000";

  private final LabNetwork lab;
  private final ServerSocketChannel server;

  /** The node with the rules for a load; null for the one policy alone. */
  ConnectionNode(Load load, BareTool shell) throws IOException {
    lab =
        LabNetwork.start(
            LabPlan.of(LabPlan.Wiring.ROUTED)
                .node("n1")
                .pod("bench/client", "n1")
                .pod("bench/server", "n1"));
    try {
      GeneratedLoad all =
          load == null ? GeneratedLoad.of(new Load(1, 1, 0, 0, 0, 0)) : GeneratedLoad.of(load);
      // The server is like the first local pod: whatever selects that one selects it too.
      Pod client = pod("client", Map.of("app", "client", "role", "bench"));
      Pod target =
          pod(
              "server",
              all.pods().isEmpty()
                  ? Map.of("app", "server")
                  : all.pods().get(0).getMetadata().getLabels());
      List<HasMetadata> extra = List.of(client, target, last(target));
      new Tools(shell, inside("n1")).run(new Expected(all, extra).first());
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getByName(address("bench/server")), PORT);
      server =
          LabSockets.inside(
              lab, "bench/server", () -> ServerSocketChannel.open().bind(address, 4_096));
      Thread acceptor = new Thread(this::accept, "bench server");
      acceptor.setDaemon(true);
      acceptor.start();
    } catch (IOException | RuntimeException e) {
      lab.close();
      throw e;
    }
  }

  private Pod pod(String name, Map<String, String> labels) {
    return PodTemplate.running(NAMESPACE, name, Load.NODE, labels, address("bench/" + name));
  }

  private static NetworkPolicy last(Pod target) {
    return new NetworkPolicyBuilder()
        .withNewMetadata()
        .withNamespace(NAMESPACE)
        .withName("zz-last")
        .endMetadata()
        .withNewSpec()
        .withNewPodSelector()
        .addToMatchLabels("app", target.getMetadata().getLabels().get("app"))
        .endPodSelector()
        .addToPolicyTypes("Ingress")
        .addNewIngress()
        .withPorts(new NetworkPolicyPort(null, new IntOrString(PORT), "TCP"))
        .addNewFrom()
        .withNewPodSelector()
        .addToMatchLabels("role", "bench")
        .endPodSelector()
        .endFrom()
        .endIngress()
        .endSpec()
        .build();
  }

  private List<String> inside(String member) {
    return Sandbox.inside(lab.namespace(member));
  }

  private String address(String member) {
    return lab.addresses(member).stream().filter(a -> a.contains(".")).findFirst().orElseThrow();
  }

  private void accept() {
    try {
      while (true) {
        server.accept().close();
      }
    } catch (ClosedChannelException e) {
      // The end.
    } catch (IOException e) {
      System.err.println("bench server: " + e);
    }
  }

  /** Connects again and again, one after the other, and says how many a second. */
  double connectionsASecond(long nanos) throws IOException {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getByName(address("bench/server")), PORT);
    double rate =
        LabSockets.inside(
            lab,
            "bench/client",
            () -> {
              long start = System.nanoTime();
              long count = 0;
              while (System.nanoTime() - start < nanos) {
                try (SocketChannel channel = SocketChannel.open()) {
                  // Ended with a reset: nothing waits, and the port is free again at once.
                  channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                  channel.connect(address);
                  count++;
                }
              }
              return count * 1e9 / (System.nanoTime() - start);
            });
    lab.exec("n1", "", List.of("conntrack", "-F"));
    return rate;
  }

  /** Takes the first packet of such a connection through the rules that the kernel has. */
  RuleWalk.Outcome firstPacket() throws IOException {
    String saved = lab.exec("n1", "", List.of("iptables-nft-save", "-t", "filter")).stdout();
    try (SetProbe sets = new SetProbe(inside("n1"))) {
      return new RuleWalk(saved, sets::has, address("bench/client"), address("bench/server"), PORT)
          .from("FORWARD");
    }
  }

  int rules() throws IOException {
    return (int)
        lab.exec("n1", "", List.of("iptables-nft-save", "-t", "filter"))
            .stdout()
            .lines()
            .filter(line -> line.startsWith("-A "))
            .count();
  }

  @Override
  public void close() throws IOException {
    server.close();
    lab.close();
  }
}
