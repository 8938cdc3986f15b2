package io.netpol.route.apply;

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
import io.netpol.route.NetpolHeaders;
import io.netpol.route.apply.BridgeTables.Place;
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
import org.apache.camel.Variable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns from the kernel which bridge port belongs to each pod of the node, when pods appear and
 * periodically. If a listing is unreadable, the last known ports stay in force; isolation blocks
 * the link-local, multicast and broadcast packets of a port that was never known.
 */
public final class BridgeLearning {

  private static final Logger LOG = LoggerFactory.getLogger(BridgeLearning.class);

  /** Wait for a pod to answer the kernel's neighbour probe; doubled each time that it does not. */
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
  private String problem;
  private volatile int unknownPods;

  /** What was learned and may not have reached the batch; null if all has. */
  private ReconcileRequest unconfirmed;

  /**
   * Creates the learner; an agent has one.
   *
   * @param interval how often to read the kernel while no pod changes
   * @param bridgesAreFiltered whether br_netfilter is loaded
   * @param nanoTime as {@link System#nanoTime}
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

  /** What the tools printed, and the pods of the node at that time. */
  public static final class Snapshot {
    private final BridgeTables tables;
    private final List<Pod> pods;

    private Snapshot(BridgeTables tables, List<Pod> pods) {
      this.tables = tables;
      this.pods = pods;
    }

    /** Says what a trace shows. */
    @Override
    public String toString() {
      return "ports of bridges, for " + pods.size() + (pods.size() == 1 ? " pod" : " pods");
    }
  }

  private void publish(BridgePorts ports) {
    known = ports;
    dataplane.bridgePorts(ports);
  }

  /**
   * Returns whether the first sync has to learn the ports first, so that it rewrites the rules of
   * an earlier agent only where they differ.
   */
  public synchronized boolean isFirst() {
    if (!first) {
      return false;
    }
    if (!filters()) {
      first = false;
      publish(BridgePorts.UNFILTERED);
    }
    return first;
  }

  /**
   * Returns whether rules filter bridged packets: not without br_netfilter, which a rule that names
   * a port would load ({@code physdev_mt_check} in {@code net/netfilter/xt_physdev.c}).
   */
  private boolean filters() {
    return switch (filter) {
      case ON -> true;
      case OFF -> false;
      case AUTO -> bridgesAreFiltered.getAsBoolean();
    };
  }

  /** Returns whether ports have to be learned now; never while no pod is isolated. */
  public synchronized boolean isDue() {
    if (first || !filters() || !dataplane.hasRules()) {
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
   * Begins a snapshot.
   *
   * @param devices what {@code ip -json -details address} printed
   * @throws RuntimeException if it is not a complete list
   */
  public Snapshot begin(String devices) {
    return new Snapshot(new BridgeTables(devices), pods());
  }

  /** Returns whether any bridge has ports. */
  public boolean hasPorts(@Variable(NetpolHeaders.BRIDGES) Snapshot snapshot) {
    return snapshot.tables.hasPorts();
  }

  /** Adds what {@code ip -json neighbour} printed. */
  public void neighbours(@Variable(NetpolHeaders.BRIDGES) Snapshot snapshot, String neighbours) {
    snapshot.tables.neighbours(neighbours);
  }

  /** Adds what {@code bridge -json fdb} printed. */
  public void forwarding(@Variable(NetpolHeaders.BRIDGES) Snapshot snapshot, String forwarding) {
    snapshot.tables.forwarding(forwarding);
  }

  /** Returns what the new ports affect; null if nothing, or if a sync follows anyway. */
  public synchronized ReconcileRequest learned(@Variable(NetpolHeaders.BRIDGES) Snapshot snapshot) {
    Map<ObjectKey, Place> found = snapshot.tables.places(snapshot.pods, places);
    List<Cidr> podRanges = cluster.node(cluster.nodeName()).map(Node::podRanges).orElse(List.of());
    BridgePorts ports = snapshot.tables.ports(found, snapshot.pods, podRanges);
    Set<ObjectKey> moved = moved(known, ports);
    boolean same = ports.equals(known);
    boolean syncFollows = first;
    places = found;
    publish(ports);
    finished(snapshot);
    if (problem != null) {
      LOG.info("bridge ports can be read again");
      problem = null;
    }
    if (!same && !syncFollows) {
      LOG.info("learned the bridge ports of {} pods", moved.size());
      ReconcileRequest learned =
          moved.isEmpty()
              ? ReconcileRequest.wanted("bridge ports")
              : ReconcileRequest.of(new AffectedObjects(moved, Set.of(), false), "bridge ports");
      unconfirmed = unconfirmed == null ? learned : unconfirmed.and(learned);
    }
    return unconfirmed;
  }

  private static Set<ObjectKey> moved(BridgePorts before, BridgePorts after) {
    Set<ObjectKey> moved = new TreeSet<>(before.pods().keySet());
    moved.addAll(after.pods().keySet());
    moved.removeIf(pod -> Objects.equals(before.pods().get(pod), after.pods().get(pod)));
    return moved;
  }

  private void finished(Snapshot snapshot) {
    first = false;
    podsThen = addresses(snapshot.pods);
    unknownPods =
        (int)
            snapshot.pods.stream()
                .filter(pod -> !places.containsKey(pod.key()) && snapshot.tables.isNear(pod))
                .count();
    next(unknownPods == 0);
  }

  private void next(boolean nothingIsMissing) {
    Duration until = nothingIsMissing || wait.compareTo(interval) > 0 ? interval : wait;
    wait = nothingIsMissing ? FIRST_WAIT : until.multipliedBy(2);
    next = nanoTime.getAsLong() + until.toNanos();
  }

  /**
   * Returns the input of {@code ip -batch} that makes the kernel probe pods whose port is unknown;
   * null if there is none. The route calls it after the result of {@link #learned} is pending.
   */
  public synchronized String questions(@Variable(NetpolHeaders.BRIDGES) Snapshot snapshot) {
    unconfirmed = null;
    String questions = snapshot.tables.questions(snapshot.pods, places);
    return questions.isEmpty() ? null : questions;
  }

  /** Notes that a snapshot failed: the known ports stay, and the next one is taken soon. */
  public synchronized void failed(
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    first = false;
    podsThen = addresses(pods());
    next(false);
    String why = exception == null ? "unknown" : exception.getMessage();
    if (!Objects.equals(why, problem)) {
      LOG.warn(
          "cannot read which pod each bridge port belongs to; {} ports are known; link-local,"
              + " multicast and broadcast packets of other ports are dropped while a pod is"
              + " isolated: {}",
          known.pods().size(),
          why);
      problem = why;
    }
  }

  /** Returns the number of pods in the network of a bridge whose port is unknown. */
  public int unknownPods() {
    return unknownPods;
  }
}
