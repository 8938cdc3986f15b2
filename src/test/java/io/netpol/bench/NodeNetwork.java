package io.netpol.bench;

import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabSockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs the node of a load as a network namespace that forwards. One namespace behind it has the
 * addresses of all local pods, another those of all pods elsewhere; both answer on the probed
 * ports. A cable of its own leads to the API server in the namespace of this JVM, so its traffic
 * can be counted.
 */
final class NodeNetwork implements AutoCloseable {

  /** A port that no policy of the load allows. */
  static final int DENIED_PORT = 9_999;

  /** An address outside the node that no pod has, and no address block of the load. */
  static final String STRANGER = "10.201.0.1";

  private static final AtomicInteger COUNTER = new AtomicInteger();
  private static final String NODE = "n1";
  private static final String ELSEWHERE = "bench/elsewhere";
  private static final String LOCAL = "bench/local";

  /** Of the pods elsewhere, of those that join, and of the stranger. */
  private static final List<String> RANGES = List.of("10.64.0.0/10", "10.200.0.0/15");

  private static final String LOCAL_RANGE = "10.244.0.0/24";
  private static final Path DEVICES = Path.of("/proc/self/net/dev");

  private final int number = COUNTER.incrementAndGet();
  private final LabNetwork lab;
  private final PacketProbe fromElsewhere;
  private final PacketProbe fromLocal;

  /** Builds it, with no rules in its kernel. */
  NodeNetwork(Collection<Integer> ports) throws IOException {
    lab =
        LabNetwork.start(
            LabPlan.of(LabPlan.Wiring.ROUTED)
                .node(new LabPlan.Node(NODE, List.of("192.168.50.1"), List.of("10.244.1.0/24")))
                .pod(ELSEWHERE, NODE)
                .pod(LOCAL, NODE));
    try {
      for (String range : RANGES) {
        lead(range, ELSEWHERE);
      }
      lead(LOCAL_RANGE, LOCAL);
      connectToServer();
      fromElsewhere =
          LabSockets.inside(lab, ELSEWHERE, () -> PacketProbe.open(List.of(DENIED_PORT)));
      fromLocal = LabSockets.inside(lab, LOCAL, () -> PacketProbe.open(ports));
      start(fromElsewhere, ELSEWHERE);
      start(fromLocal, LOCAL);
    } catch (IOException | RuntimeException e) {
      lab.close();
      throw e;
    }
  }

  /** Routes a range to a member, which takes each address of it for its own. */
  private void lead(String range, String member) throws IOException {
    String address = lab.addresses(member).get(0);
    String route = lab.run(NODE, "ip route get " + address);
    String device = route.replaceAll("(?s).* dev (\\S+).*", "$1");
    lab.run(NODE, "ip route add " + range + " via " + address + " dev " + device + " onlink");
    lab.run(member, "ip route add local " + range + " dev lo");
  }

  private void connectToServer() throws IOException {
    String net = "10.255." + number + ".";
    String node = lab.namespace(NODE);
    ip("link add " + cable() + " type veth peer name api0 netns " + node);
    ip("address add " + net + "1/30 dev " + cable());
    ip("link set " + cable() + " up");
    lab.run(NODE, "ip address add " + net + "2/30 dev api0");
    lab.run(NODE, "ip link set api0 up");
    lab.run(NODE, "ip route add " + KubernetesServer.ADDRESS + " via " + net + "1");
  }

  private static void ip(String command) throws IOException {
    Sandbox.run(List.of(("ip " + command).split(" ")));
  }

  private String cable() {
    return "api" + number;
  }

  private void start(PacketProbe probe, String member) {
    Thread thread =
        new Thread(
            () -> {
              try {
                LabSockets.inside(lab, member, probe);
              } catch (IOException e) {
                System.err.println("bench: the probes ended: " + e);
              }
            },
            "probes");
    thread.setDaemon(true);
    thread.start();
  }

  /** What a command begins with to run on the node. */
  List<String> inside() {
    return Sandbox.inside(lab.namespace(NODE));
  }

  /** Returns the probe whose packets come from pods elsewhere and the stranger. */
  PacketProbe fromElsewhere() {
    return fromElsewhere;
  }

  /** Returns the probe whose packets come from local pods. */
  PacketProbe fromLocal() {
    return fromLocal;
  }

  /** Returns the bytes that the API server has sent to this node, all headers included. */
  long bytesFromServer() throws IOException {
    for (String line : Files.readAllLines(DEVICES)) {
      if (line.trim().startsWith(cable() + ":")) {
        return Long.parseLong(line.substring(line.indexOf(':') + 1).trim().split(" +")[8]);
      }
    }
    throw new IOException("there is no device " + cable());
  }

  /** Connects from a pod elsewhere again and again, and returns how many times a second. */
  double connectionsASecond(String source, String destination, int port, Duration time)
      throws Exception {
    double rate = fromElsewhere.connectionsASecond(source, destination, port, time);
    // Thousands of closed connections would stay in its table for seconds.
    lab.exec(NODE, "", List.of("conntrack", "-F"));
    return rate;
  }

  @Override
  public void close() {
    fromElsewhere.close();
    fromLocal.close();
    lab.close();
  }
}
