package io.netpol.lab;

import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.Flow.Protocol;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Measures with real connections which members of a lab reach which addresses.
 *
 * <p>It listens in every member of the lab, and asks from every member at the same time. Each flow
 * is a new connection with a source port of its own, so no flow profits from an earlier one. Safe
 * for use by several threads.
 */
public final class Prober implements AutoCloseable {
  /** How long nothing must happen before what has no answer is denied. */
  public static final Duration QUIET = Duration.ofMillis(250);

  /** Each flow takes two file descriptors, and the usual limit of a process is some thousand. */
  private static final int FLOWS_AT_ONCE = 1_500;

  /** So much more patient is a second look. */
  private static final int RECHECK_PATIENCE = 4;

  private final LabNetwork lab;
  private final Set<Integer> tcpPorts;
  private final Set<Integer> udpPorts;
  private final Duration quiet;
  private final EchoServer server;
  private final Map<String, SourcePorts> sourcePorts = new ConcurrentHashMap<>();
  private final Map<String, Integer> echoIds = new ConcurrentHashMap<>();
  private final Set<ProbeTimeout> measurements = ConcurrentHashMap.newKeySet();

  private Prober(
      LabNetwork lab, Collection<Integer> tcpPorts, Collection<Integer> udpPorts, Duration quiet)
      throws IOException {
    this.lab = lab;
    this.tcpPorts = Set.copyOf(tcpPorts);
    this.udpPorts = Set.copyOf(udpPorts);
    this.quiet = quiet;
    server = new EchoServer(() -> measurements.forEach(ProbeTimeout::activity));
  }

  /**
   * Listens on the same ports for TCP and UDP in all members that a lab has now.
   *
   * @throws IOException if a port is taken
   */
  public static Prober start(LabNetwork lab, Collection<Integer> ports) throws IOException {
    return start(lab, ports, ports, QUIET);
  }

  /**
   * Listens in all members that a lab has now.
   *
   * @param quiet how long nothing must happen before what has no answer is denied
   * @throws IOException if a port is taken
   */
  public static Prober start(
      LabNetwork lab, Collection<Integer> tcpPorts, Collection<Integer> udpPorts, Duration quiet)
      throws IOException {
    Prober prober = new Prober(lab, tcpPorts, udpPorts, quiet);
    try {
      for (String member : lab.members()) {
        prober.listen(member);
      }
      return prober;
    } catch (IOException | RuntimeException e) {
      prober.close();
      throw e;
    }
  }

  /** Listens in a member that was added, or again in one; a pod that moves needs no new call. */
  public void listen(String member) throws IOException {
    server.stop(member);
    server.serve(member, lab.inside(member, () -> open(member)));
  }

  /** Stops listening in a member; to be called before it is removed. */
  public void stopListening(String member) throws IOException {
    server.stop(member);
  }

  /**
   * Measures flows at once.
   *
   * @return the outcome of each flow, in their order
   * @throws IOException if a socket cannot be had; never because of what the network does
   * @throws IllegalArgumentException if a flow starts at no member of the lab
   */
  public Map<Flow, Outcome> measure(Collection<Flow> flows) throws IOException {
    return measure(flows, quiet);
  }

  /**
   * Measures flows at once, and a second time, patiently, those that did not pass although the
   * caller expected something else.
   *
   * <p>A busy machine loses answers. The kernel also refuses about one in a million datagrams to a
   * socket that listens: its search can miss that socket while another one is being connected.
   *
   * @param expected what a flow should come out as; null means that nothing is expected
   */
  public Map<Flow, Outcome> measure(Collection<Flow> flows, Function<Flow, Outcome> expected)
      throws IOException {
    Map<Flow, Outcome> outcomes = measure(flows);
    List<Flow> doubtful =
        outcomes.keySet().stream()
            .filter(flow -> outcomes.get(flow) != Outcome.ALLOWED)
            .filter(flow -> expected.apply(flow) != null)
            .filter(flow -> expected.apply(flow) != outcomes.get(flow))
            .toList();
    outcomes.putAll(measure(doubtful, quiet.multipliedBy(RECHECK_PATIENCE)));
    return outcomes;
  }

  /**
   * Opens a TCP connection that stays.
   *
   * @throws IOException if it is not established within a minute
   */
  public LongConnection connect(String from, String toAddress, int port) throws IOException {
    InetSocketAddress to = new InetSocketAddress(IpLiteral.parse(toAddress), port);
    return lab.inside(
        from, () -> LongConnection.open(sourcePorts(from), to, Duration.ofMinutes(1)));
  }

  /** Closes all listening sockets and what was accepted on them. */
  @Override
  public void close() {
    server.close();
  }

  private Map<Flow, Outcome> measure(Collection<Flow> flows, Duration timeout) throws IOException {
    List<Flow> all = List.copyOf(new LinkedHashSet<>(flows));
    Map<Flow, Outcome> outcomes = new ConcurrentHashMap<>();
    for (int start = 0; start < all.size(); start += FLOWS_AT_ONCE) {
      List<Flow> some = all.subList(start, Math.min(all.size(), start + FLOWS_AT_ONCE));
      measureAtOnce(some, new ProbeTimeout(timeout), outcomes);
    }
    Map<Flow, Outcome> ordered = new LinkedHashMap<>();
    all.forEach(flow -> ordered.put(flow, outcomes.get(flow)));
    return ordered;
  }

  private void measureAtOnce(List<Flow> flows, ProbeTimeout timeout, Map<Flow, Outcome> outcomes)
      throws IOException {
    measurements.add(timeout);
    try {
      List<Future<Void>> running = new ArrayList<>();
      flows.stream()
          .collect(Collectors.groupingBy(Flow::from, LinkedHashMap::new, Collectors.toList()))
          .forEach(
              (from, some) ->
                  running.add(lab.submit(from, () -> probe(from, some, timeout, outcomes))));
      for (Future<Void> each : running) {
        NamespaceThread.await(each);
      }
    } finally {
      measurements.remove(timeout);
    }
  }

  /** Runs on the thread of the member that the flows start at. */
  private Void probe(
      String from, List<Flow> flows, ProbeTimeout timeout, Map<Flow, Outcome> outcomes)
      throws IOException {
    try (IcmpProbe icmp4 = sendEchoes(from, false, flows, timeout, outcomes);
        IcmpProbe icmp6 = sendEchoes(from, true, flows, timeout, outcomes)) {
      List<Flow> sockets = flows.stream().filter(f -> f.protocol() != Protocol.ICMP).toList();
      Map<Integer, Flow> unansweredTcp =
          new SocketProbe(sourcePorts(from), timeout, outcomes).run(sockets);
      icmp4.receive(unansweredTcp);
      icmp6.receive(unansweredTcp);
    }
    return null;
  }

  private IcmpProbe sendEchoes(
      String from,
      boolean ipv6,
      List<Flow> flows,
      ProbeTimeout timeout,
      Map<Flow, Outcome> outcomes)
      throws IOException {
    List<Flow> echoes =
        flows.stream()
            .filter(flow -> flow.protocol() == Protocol.ICMP)
            .filter(flow -> IpLiteral.isIpv6(flow.toAddress()) == ipv6)
            .toList();
    int last = echoIds.computeIfAbsent(from, any -> ThreadLocalRandom.current().nextInt(1 << 16));
    echoIds.put(from, last + echoes.size() & 0xffff);
    IcmpProbe probe = new IcmpProbe(ipv6, timeout, outcomes);
    try {
      probe.send(echoes, last);
      return probe;
    } catch (RuntimeException e) {
      probe.close();
      throw e;
    }
  }

  private SourcePorts sourcePorts(String member) {
    return sourcePorts.computeIfAbsent(member, any -> new SourcePorts());
  }

  private List<SelectableChannel> open(String member) throws IOException {
    List<SelectableChannel> opened = new ArrayList<>();
    try {
      for (int port : tcpPorts) {
        opened.add(EchoServer.tcp(new InetSocketAddress(port)));
      }
      for (int port : udpPorts) {
        for (InetSocketAddress address : udpAddresses(member, port)) {
          opened.add(EchoServer.udp(address));
        }
      }
      return opened;
    } catch (IOException | RuntimeException e) {
      for (SelectableChannel channel : opened) {
        channel.close();
      }
      throw e;
    }
  }

  /**
   * Returns a node has several addresses, and must answer a datagram from the one that it went to.
   */
  private List<InetSocketAddress> udpAddresses(String member, int port) {
    boolean node = lab.plan().nodes().stream().anyMatch(n -> n.name().equals(member));
    if (!node) {
      return List.of(new InetSocketAddress(port));
    }
    return lab.addresses(member).stream()
        .map(address -> new InetSocketAddress(IpLiteral.parse(address), port))
        .toList();
  }
}
