package io.netpol.route;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.AffectedObjects;
import io.netpol.index.Cluster;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import io.netpol.route.BridgeTables.Place;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns from the kernel which port of a bridge each pod of the node hangs on, when pods come and
 * from time to time. While it does not know, and where a listing cannot be read, what was known
 * stays; a port that was never known stays closed.
 */
public final class BridgeLearning {

  private static final Logger LOG = LoggerFactory.getLogger(BridgeLearning.class);

  /** A pod that is asked answers in a moment; doubled for each time that it did not. */
  private static final Duration FIRST_WAIT = Duration.ofMillis(500);

  private final Cluster cluster;
  private final Dataplane dataplane;
  private final RenderOptions.Filter filter;
  private final Duration interval;
  private final BooleanSupplier bridgesAreFiltered;
  private final LongSupplier nanoTime;

  private boolean first = true;
  private BridgePorts known;
  private Map<ObjectKey, Place> places = Map.of();
  private Map<ObjectKey, List<IpAddress>> podsThen = Map.of();
  private long next;
  private Duration wait = FIRST_WAIT;
  private String complaint;
  private volatile int unknownPods;

  /** What was learned and may not have become due; null where all has. */
  private ReconcileRequest owed;

  /**
   * One for each agent.
   *
   * @param interval how often it looks while nothing happens
   * @param bridgesAreFiltered whether br_netfilter is loaded
   * @param nanoTime the time, in nanoseconds since some moment
   */
  public BridgeLearning(
      Cluster cluster,
      Dataplane dataplane,
      RenderOptions.Filter filter,
      Duration interval,
      BooleanSupplier bridgesAreFiltered,
      LongSupplier nanoTime) {
    this.cluster = cluster;
    this.dataplane = dataplane;
    this.filter = filter;
    this.interval = interval;
    this.bridgesAreFiltered = bridgesAreFiltered;
    this.nanoTime = nanoTime;
    publish(filter == RenderOptions.Filter.OFF ? BridgePorts.UNFILTERED : BridgePorts.UNKNOWN);
  }

  /** One look: what the tools printed, and the pods that there were. */
  public static final class Round {
    private final BridgeTables tables;
    private final List<Pod> pods;

    private Round(BridgeTables tables, List<Pod> pods) {
      this.tables = tables;
      this.pods = pods;
    }
  }

  private void publish(BridgePorts ports) {
    known = ports;
    dataplane.bridgePorts(ports);
  }

  /**
   * Before the first apply: whether ports have to be learned now, so that it writes the rules of an
   * agent before this one anew only where they differ.
   */
  public synchronized boolean isFirst() {
    if (!first) {
      return false;
    }
    if (!looks()) {
      first = false;
      publish(BridgePorts.UNFILTERED);
    }
    return first;
  }

  /** Without br_netfilter no rule meets these packets, and one that names a port would load it. */
  private boolean looks() {
    return switch (filter) {
      case ON -> true;
      case OFF -> false;
      case AUTO -> bridgesAreFiltered.getAsBoolean();
    };
  }

  /** Whether ports have to be learned now: not where nothing is isolated. */
  public synchronized boolean isDue() {
    if (first || !looks() || !dataplane.hasRules()) {
      return false;
    }
    if (!podsThen.equals(addresses(pods()))) {
      wait = FIRST_WAIT;
      return true;
    }
    return nanoTime.getAsLong() - next >= 0;
  }

  private List<Pod> pods() {
    return cluster.withLock(
        () ->
            cluster.localPods().stream().map(cluster::localPod).flatMap(Optional::stream).toList());
  }

  private static Map<ObjectKey, List<IpAddress>> addresses(List<Pod> pods) {
    Map<ObjectKey, List<IpAddress>> addresses = new HashMap<>();
    pods.forEach(pod -> addresses.put(pod.key(), pod.addresses()));
    return addresses;
  }

  /**
   * Takes in the devices.
   *
   * @throws RuntimeException if they cannot be read
   */
  public Round begin(String devices) {
    return new Round(new BridgeTables(devices), pods());
  }

  /** Whether there is any port of a bridge. */
  public boolean hasPorts(@ExchangeProperty(NetpolHeaders.BRIDGES) Round round) {
    return round.tables.hasPorts();
  }

  /** Takes in the neighbours. */
  public void neighbours(@ExchangeProperty(NetpolHeaders.BRIDGES) Round round, String neighbours) {
    round.tables.neighbours(neighbours);
  }

  /** Takes in what was seen at which port. */
  public void forwarding(@ExchangeProperty(NetpolHeaders.BRIDGES) Round round, String forwarding) {
    round.tables.forwarding(forwarding);
  }

  /** What is due by what was learned; null where nothing is, or where an apply follows anyway. */
  public synchronized ReconcileRequest learned(
      @ExchangeProperty(NetpolHeaders.BRIDGES) Round round) {
    Map<ObjectKey, Place> found = round.tables.places(round.pods, places);
    List<Cidr> podRanges = cluster.node(cluster.nodeName()).map(Node::podRanges).orElse(List.of());
    BridgePorts ports = round.tables.ports(found, round.pods, podRanges);
    Set<ObjectKey> moved = moved(known, ports);
    boolean same = ports.equals(known);
    boolean applyFollows = first;
    places = found;
    publish(ports);
    ended(round);
    if (complaint != null) {
      LOG.info("the ports of bridges can be read again");
      complaint = null;
    }
    if (!same && !applyFollows) {
      LOG.info("learned whose the ports of bridges are: {} changed", moved.size());
      ReconcileRequest learned =
          moved.isEmpty()
              ? ReconcileRequest.wanted("bridge ports")
              : ReconcileRequest.of(new AffectedObjects(moved, Set.of(), false), "bridge ports");
      owed = owed == null ? learned : owed.and(learned);
    }
    return owed;
  }

  private static Set<ObjectKey> moved(BridgePorts before, BridgePorts after) {
    Set<ObjectKey> moved = new TreeSet<>(before.pods().keySet());
    moved.addAll(after.pods().keySet());
    moved.removeIf(pod -> Objects.equals(before.pods().get(pod), after.pods().get(pod)));
    return moved;
  }

  private void ended(Round round) {
    first = false;
    podsThen = addresses(round.pods);
    unknownPods =
        (int)
            round.pods.stream()
                .filter(pod -> !places.containsKey(pod.key()) && round.tables.isNear(pod))
                .count();
    next(unknownPods == 0);
  }

  private void next(boolean nothingIsMissing) {
    Duration until = nothingIsMissing || wait.compareTo(interval) > 0 ? interval : wait;
    wait = nothingIsMissing ? FIRST_WAIT : until.multipliedBy(2);
    next = nanoTime.getAsLong() + until.toNanos();
  }

  /**
   * What the kernel is to be told so that it asks for pods that were not found; null for none. It
   * is asked for when what was learned is due.
   */
  public synchronized String questions(@ExchangeProperty(NetpolHeaders.BRIDGES) Round round) {
    owed = null;
    String questions = round.tables.questions(round.pods, places);
    return questions.isEmpty() ? null : questions;
  }

  /** Something failed: what was known stays, and it is tried again. */
  public synchronized void failed(
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    first = false;
    podsThen = addresses(pods());
    next(false);
    String why = exception == null ? "unknown" : exception.getMessage();
    if (!Objects.equals(why, complaint)) {
      LOG.warn(
          "cannot learn whose the ports of bridges are, {} are known; link-local, multicast and"
              + " broadcast packets of other ports are dropped while a pod is isolated: {}",
          known.pods().size(),
          why);
      complaint = why;
    }
  }

  /** How many pods in the network of a bridge have no port that is known. */
  public int unknownPods() {
    return unknownPods;
  }
}
