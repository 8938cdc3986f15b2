package io.netpol.route.apply;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.FormerOwners;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.conntrack.ConntrackEntry;
import io.netpol.dataplane.conntrack.ConntrackListing;
import io.netpol.dataplane.conntrack.LeftConnections;
import io.netpol.dataplane.conntrack.LoadFiles;
import io.netpol.dataplane.conntrack.StaleConnections;
import io.netpol.index.Cluster;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.route.NetpolHeaders;
import io.netpol.route.flow.AddressHolders;
import io.netpol.route.settings.Setting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.apache.camel.component.exec.ExecBinding;
import org.apache.camel.component.exec.ExecException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes tracked connections that the rules would let pass because they are established: always
 * those of an address that its pod no longer has, so that the next pod there does not inherit them,
 * and with {@code netpol.terminate-connections=on} those that a change of policies denies. Pods and
 * addresses stay pending until their connections are deleted. Thread-safe. See <a
 * href="https://manpages.debian.org/stable/conntrack/conntrack.8.en.html">conntrack(8)</a>.
 */
public final class ConntrackCleanup {

  private static final Logger LOG = LoggerFactory.getLogger(ConntrackCleanup.class);

  /**
   * Commands in the input of one conntrack process. conntrack walks the whole table for each: 0.15
   * s for 50,000 connections, a second on a busy machine. All must end within the command timeout.
   */
  private static final int DELETIONS_A_PROCESS = 16;

  /** The error of conntrack 1.4.7 when a connection ends by itself while it is being deleted. */
  private static final String ENDED_MEANWHILE = "such conntrack doesn't exist";

  /** Times in a row that {@link #ENDED_MEANWHILE} is not counted as a failure. */
  private static final int MOST_ENDED = 20;

  /** Times in a row that conntrack may delete fewer connections than it listed. */
  private static final int MOST_UNCONFIRMED = 3;

  private final Cluster cluster;
  private final AddressHolders holders;
  private final boolean on;
  private final Supplier<Set<IpAddress>> hostAddresses;

  @GuardedBy("this")
  private final Set<ObjectKey> pending = new TreeSet<>();

  @GuardedBy("this")
  private final EndedConnections endedConnections = new EndedConnections(System::nanoTime);

  @GuardedBy("this")
  private boolean first = true;

  @GuardedBy("this")
  private boolean started;

  @GuardedBy("this")
  private int ended;

  @GuardedBy("this")
  private int unconfirmed;

  private volatile String problem;
  private final AtomicLong deleted = new AtomicLong();
  private final AtomicLong deletedOfLeft = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();

  /**
   * Creates the cleanup; an agent has one.
   *
   * @param holders knows the addresses that pods have left
   * @param on whether connections that a change of policies denies are terminated
   * @param hostAddresses the current addresses of the node, beside those of its Node object
   */
  public ConntrackCleanup(
      Cluster cluster, AddressHolders holders, boolean on, Supplier<Set<IpAddress>> hostAddresses) {
    this.cluster = cluster;
    this.holders = holders;
    this.on = on;
    this.hostAddresses = hostAddresses;
  }

  /**
   * What one run of the route deletes.
   *
   * @param pods the pods whose denied connections are deleted
   * @param addresses the addresses whose connections are all deleted
   * @param ended connections deleted before, which a reply may have reopened
   * @param gone how many connections of {@code left} conntrack reported as deleted
   */
  public record Batch(
      Set<ObjectKey> pods,
      AddressHolders.Left addresses,
      Set<ConntrackEntry> ended,
      StaleConnections forbidden,
      LeftConnections left,
      AtomicInteger gone) {

    /** Says what a trace shows. */
    @Override
    public String toString() {
      return "tracked connections of " + pods.size() + (pods.size() == 1 ? " pod" : " pods");
    }
  }

  /** Notes that an attempt, successful or not, may deny these pods something that was allowed. */
  synchronized void restricted(Collection<ObjectKey> pods) {
    if (on) {
      pending.addAll(pods);
    }
  }

  /** Notes that an attempt is about to be planned. */
  void rendering(FormerOwners before) {
    holders.rendering(before);
  }

  /**
   * Notes that an attempt is in the kernel.
   *
   * @param restricted the pods to which it may deny something that was allowed
   * @param request the keys that were reconciled
   */
  synchronized void applied(Collection<ObjectKey> restricted, ReconcileRequest request) {
    started = true;
    restricted(restricted);
    pending.addAll(holders.applied(request));
  }

  /** Returns whether connections of any pod or address are to be checked; never in a dry run. */
  public synchronized boolean isDue() {
    if (!started) {
      return false;
    }
    if (on && first) {
      // An earlier agent may have ended after a sync and before this cleanup.
      first = false;
      pending.addAll(cluster.localPods());
    }
    return !pending.isEmpty() || holders.isPending() || endedConnections.isPending();
  }

  /** Begins a batch with everything that is pending now. */
  public synchronized Batch begin() {
    Optional<Node> node = cluster.node(cluster.nodeName());
    Set<IpAddress> own = new HashSet<>(hostAddresses.get());
    own.addAll(node.map(Node::addresses).orElse(List.of()));
    List<Cidr> ranges = node.map(Node::podRanges).orElse(List.of());
    // Nothing may throw from here on: what is taken would be lost.
    Set<ObjectKey> pods = new TreeSet<>(pending);
    pending.clear();
    AddressHolders.Left addresses = holders.take();
    pods.addAll(addresses.taken());
    Set<ConntrackEntry> before = endedConnections.take();
    return new Batch(
        pods,
        addresses,
        before,
        new StaleConnections(cluster, pods, own, before),
        new LeftConnections(
            address ->
                !own.contains(address)
                    && (addresses.addresses().containsKey(address)
                        || addresses.sweep() && isUnassigned(address, ranges))),
        new AtomicInteger());
  }

  /** Returns whether a batch concerns IPv4 addresses. */
  public boolean looksAtIpv4(@Variable(NetpolHeaders.CLEANUP) Batch batch) {
    return looksAt(batch, Family.IPV4);
  }

  /** Returns whether a batch concerns IPv6 addresses. */
  public boolean looksAtIpv6(@Variable(NetpolHeaders.CLEANUP) Batch batch) {
    return looksAt(batch, Family.IPV6);
  }

  private boolean looksAt(Batch batch, Family family) {
    return batch.addresses().sweep()
        || batch.addresses().addresses().keySet().stream().anyMatch(a -> a.family() == family)
        || batch.ended().stream().anyMatch(c -> c.receiver().family() == family)
        || batch.pods().stream()
            .flatMap(key -> cluster.localPod(key).stream())
            .anyMatch(pod -> !pod.addresses(family).isEmpty());
  }

  /**
   * Returns whether no pod has the address, nor the node: it has the first two of a range, the base
   * and the gateway.
   */
  private boolean isUnassigned(IpAddress address, List<Cidr> ranges) {
    return ranges.stream()
            .anyMatch(
                range ->
                    range.contains(address)
                        && !new Cidr(range.base(), range.family().bits() - 1).contains(address))
        && cluster.podsAt(address).isEmpty();
  }

  /**
   * Adds the tracked connections of one address family.
   *
   * @param listed what conntrack printed; null if nothing
   * @param stderr what conntrack printed to stderr; null if nothing
   * @throws UnreadableListing if the listing is incomplete
   */
  public void listed(
      @Variable(NetpolHeaders.CLEANUP) Batch batch,
      @Body InputStream listed,
      @Header(ExecBinding.EXEC_STDERR) InputStream stderr)
      throws IOException {
    ConntrackListing.read(
        new BufferedReader(
            new InputStreamReader(
                listed == null ? InputStream.nullInputStream() : listed, StandardCharsets.UTF_8)),
        stderr == null ? "" : new String(stderr.readAllBytes(), StandardCharsets.UTF_8),
        line -> {
          batch.left().take(line);
          batch.forbidden().take(line);
        });
  }

  /** Returns the input of each conntrack process; empty if all connections are allowed by then. */
  public Iterator<String> deletions(@Variable(NetpolHeaders.CLEANUP) Batch batch) {
    Iterator<String> left = new LoadFiles(batch.left().deletions(), DELETIONS_A_PROCESS);
    Iterator<String> forbidden = batch.forbidden().deletions(DELETIONS_A_PROCESS);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return left.hasNext() || forbidden.hasNext();
      }

      @Override
      public String next() {
        return left.hasNext() ? left.next() : forbidden.next();
      }
    };
  }

  /** Counts the deleted connections: conntrack prints a line for each. */
  public void deleted(@Variable(NetpolHeaders.CLEANUP) Batch batch, @Body String printed) {
    if (printed != null) {
      printed
          .lines()
          .filter(LeftConnections::isConnection)
          .forEach(
              line -> {
                if (batch.left().isLeft(line)) {
                  batch.gone().incrementAndGet();
                  deletedOfLeft.incrementAndGet();
                } else {
                  deleted.incrementAndGet();
                }
              });
    }
  }

  /**
   * Ends a batch after conntrack deleted its connections.
   *
   * @throws IOException if conntrack listed connections without addresses, or deleted fewer than it
   *     listed several times in a row; the route tries again
   */
  public synchronized void done(@Variable(NetpolHeaders.CLEANUP) Batch batch) throws IOException {
    StaleConnections connections = batch.forbidden();
    int found = connections.forbidden().size();
    if (found > 0) {
      LOG.info(
          "terminated connections that are no longer allowed: {} combinations of pod, peer and port,"
              + " among {} tracked connections",
          found,
          connections.read());
    }
    if (!connections.reopened().isEmpty()) {
      LOG.info(
          "terminated {} combinations of pod, peer and port again: replies had reopened them",
          connections.reopened().size());
    }
    endedConnections.add(connections.forbidden());
    if (batch.left().connections() > 0) {
      LOG.info(
          "deleted {} of {} tracked connections: the pods that had these addresses are gone",
          batch.left().connections(),
          connections.read());
    }
    if (connections.notUnderstood() > 0) {
      LOG.warn(
          "{} of {} tracked connections were not understood and left alone",
          connections.notUnderstood(),
          connections.read());
    }
    if (batch.left().notUnderstood() > 0) {
      throw new IOException(
          "conntrack lists " + batch.left().notUnderstood() + " connections without addresses");
    }
    ended = 0;
    if (batch.gone().get() < batch.left().connections()) {
      // Some may have ended by themselves; the next listing shows which.
      holders.putBack(batch.addresses());
      if (++unconfirmed >= MOST_UNCONFIRMED) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "conntrack deleted %d of %d connections without an error",
                batch.gone().get(),
                batch.left().connections()));
      }
      return;
    }
    unconfirmed = 0;
    if (problem != null) {
      LOG.info("tracked connections can be deleted again");
      problem = null;
    }
  }

  /** Notes that a batch failed: its pods and addresses are pending again. */
  public synchronized void failed(
      @Variable(NetpolHeaders.CLEANUP) Batch batch,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    if (batch != null) {
      pending.addAll(batch.pods());
      holders.putBack(batch.addresses());
    }
    String why = exception == null ? "unknown" : why(exception);
    if (why.contains(ENDED_MEANWHILE) && ended < MOST_ENDED) {
      ended++;
      return;
    }
    ended = 0;
    failures.incrementAndGet();
    if (!why.equals(problem)) {
      LOG.warn(
          "connections that are no longer allowed, and those of pods that are gone, cannot be"
              + " deleted; the rules stay enforced, and the agent tries again: {}",
          why);
    }
    problem = why;
  }

  private static String why(Exception exception) {
    if (exception instanceof ExecException command) {
      boolean ran = command.getExitValue() != Commands.NO_STATUS || command.getStderr() != null;
      return command.getMessage()
          + (ran ? "" : "; install conntrack, or set " + Setting.COMMAND_CONNTRACK.property());
    }
    return exception instanceof IOException || exception instanceof UnreadableListing
        ? exception.getMessage()
        : exception.toString();
  }

  /**
   * Returns whether the next batch starts at once: a connection ended by itself during the last
   * one, or a reply may have reopened a deleted one.
   */
  public synchronized boolean isToGoOn() {
    return ended > 0 || endedConnections.isUrgent();
  }

  /** Returns why connections cannot be deleted at the moment; empty if they can. */
  public Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  /** Returns the number of connections deleted because pods had left their addresses. */
  public long deletedOfLeft() {
    return deletedOfLeft.get();
  }

  /** Returns the number of connections deleted because they were no longer allowed. */
  public long deleted() {
    return deleted.get();
  }

  /** Returns the number of batches that failed. */
  public long failures() {
    return failures.get();
  }
}
