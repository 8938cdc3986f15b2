package io.netpol.route;

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
import org.apache.camel.component.exec.ExecBinding;
import org.apache.camel.component.exec.ExecException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes tracked connections that would pass because the rules let established ones pass: always
 * those that a pod has left at an address which it no longer has, so that they don't go on with the
 * next pod there, and where asked for those that a change of policies forbids. Pods and addresses
 * stay due until it was done for them.
 */
public final class ConntrackCleanup {

  private static final Logger LOG = LoggerFactory.getLogger(ConntrackCleanup.class);

  /** What can be asked for. */
  public enum Choice {
    OFF,
    ON
  }

  /**
   * conntrack walks the whole table for each command: 0.15 s for 50,000 connections, on a machine
   * that is busy a second, and all of them have to fit into the time limit of one command.
   */
  private static final int DELETIONS_A_PROCESS = 16;

  /** What conntrack 1.4.7 ends with where a connection ended by itself while it was deleted. */
  private static final String ENDED_MEANWHILE = "such conntrack doesn't exist";

  /** So often in a row that is no failure. */
  private static final int MOST_ENDED = 20;

  /** So often in a row it may have deleted less than it listed. */
  private static final int MOST_UNCONFIRMED = 3;

  private final Cluster cluster;
  private final AddressHolders holders;
  private final boolean on;
  private final Supplier<Set<IpAddress>> hostAddresses;

  @GuardedBy("this")
  private final Set<ObjectKey> due = new TreeSet<>();

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
   * One for each agent.
   *
   * @param holders tells which addresses pods have left
   * @param on whether what a change of policies forbids is cut
   * @param hostAddresses the addresses that the node itself has at the moment, beside those that
   *     its Node object says
   */
  public ConntrackCleanup(
      Cluster cluster, AddressHolders holders, boolean on, Supplier<Set<IpAddress>> hostAddresses) {
    this.cluster = cluster;
    this.holders = holders;
    this.on = on;
    this.hostAddresses = hostAddresses;
  }

  /**
   * One look at the tracked connections.
   *
   * @param pods whose forbidden connections are deleted
   * @param addresses all of whose connections are deleted
   * @param ended what was deleted before, and may have been opened anew by its answers
   * @param gone how many of {@code left} conntrack said that it has deleted
   */
  public record Round(
      Set<ObjectKey> pods,
      AddressHolders.Left addresses,
      Set<ConntrackEntry> ended,
      StaleConnections forbidden,
      LeftConnections left,
      AtomicInteger gone) {}

  /** An attempt, good or not, may have taken something away from these pods. */
  synchronized void restricted(Collection<ObjectKey> pods) {
    if (on) {
      due.addAll(pods);
    }
  }

  /** An attempt is about to look at what is due. */
  void rendering(FormerOwners before) {
    holders.rendering(before);
  }

  /**
   * All of an attempt is in the kernel.
   *
   * @param restricted the pods from whom it may have taken something away
   * @param work what was due
   */
  synchronized void applied(Collection<ObjectKey> restricted, ReconcileRequest work) {
    started = true;
    restricted(restricted);
    due.addAll(holders.applied(work));
  }

  /** Whether connections of any pod or address have to be looked at; never in a dry run. */
  public synchronized boolean isDue() {
    if (!started) {
      return false;
    }
    if (on && first) {
      // What an agent before this one applied, and did not live to cut, is not known.
      first = false;
      due.addAll(cluster.localPods());
    }
    return !due.isEmpty() || holders.isDue() || endedConnections.isDue();
  }

  /** Begins with what is due now; what becomes due meanwhile waits for the next. */
  public synchronized Round begin() {
    Optional<Node> node = cluster.node(cluster.nodeName());
    Set<IpAddress> own = new HashSet<>(hostAddresses.get());
    own.addAll(node.map(Node::addresses).orElse(List.of()));
    List<Cidr> ranges = node.map(Node::podRanges).orElse(List.of());
    // Nothing may fail from here on: what is taken would be lost.
    Set<ObjectKey> pods = new TreeSet<>(due);
    due.clear();
    AddressHolders.Left addresses = holders.take();
    pods.addAll(addresses.taken());
    Set<ConntrackEntry> before = endedConnections.take();
    return new Round(
        pods,
        addresses,
        before,
        new StaleConnections(cluster, pods, own, before),
        new LeftConnections(
            address ->
                !own.contains(address)
                    && (addresses.addresses().containsKey(address)
                        || addresses.sweep() && isNobodys(address, ranges))),
        new AtomicInteger());
  }

  /** Whether a round concerns IPv4 addresses. */
  public boolean looksAtIpv4(@ExchangeProperty(NetpolHeaders.CUT) Round round) {
    return looksAt(round, Family.IPV4);
  }

  /** Whether a round concerns IPv6 addresses. */
  public boolean looksAtIpv6(@ExchangeProperty(NetpolHeaders.CUT) Round round) {
    return looksAt(round, Family.IPV6);
  }

  private boolean looksAt(Round round, Family family) {
    return round.addresses().sweep()
        || round.addresses().addresses().keySet().stream().anyMatch(a -> a.family() == family)
        || round.ended().stream().anyMatch(c -> c.receiver().family() == family)
        || round.pods().stream()
            .flatMap(key -> cluster.localPod(key).stream())
            .anyMatch(pod -> !pod.addresses(family).isEmpty());
  }

  /** Whether no pod has the address, nor the node itself, as it has the first one of a range. */
  private boolean isNobodys(IpAddress address, List<Cidr> ranges) {
    return ranges.stream()
            .anyMatch(
                range ->
                    range.contains(address)
                        && !new Cidr(range.base(), range.family().bits() - 1).contains(address))
        && cluster.podsAt(address).isEmpty();
  }

  /**
   * Takes in the connections of one address family.
   *
   * @param listed what conntrack printed; null where nothing
   * @param said what it printed to stderr
   * @throws UnreadableListing if that is not all
   */
  public void listed(
      @ExchangeProperty(NetpolHeaders.CUT) Round round,
      @Body InputStream listed,
      @Header(ExecBinding.EXEC_STDERR) InputStream said)
      throws IOException {
    ConntrackListing.read(
        new BufferedReader(
            new InputStreamReader(
                listed == null ? InputStream.nullInputStream() : listed, StandardCharsets.UTF_8)),
        said == null ? "" : new String(said.readAllBytes(), StandardCharsets.UTF_8),
        line -> {
          round.left().take(line);
          round.forbidden().take(line);
        });
  }

  /** What conntrack is to do, one text for each process; none where all are allowed by then. */
  public Iterator<String> deletions(@ExchangeProperty(NetpolHeaders.CUT) Round round) {
    Iterator<String> left = new LoadFiles(round.left().deletions(), DELETIONS_A_PROCESS);
    Iterator<String> forbidden = round.forbidden().deletions(DELETIONS_A_PROCESS);
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

  /** conntrack prints a line for each connection that it deletes. */
  public void deleted(@ExchangeProperty(NetpolHeaders.CUT) Round round, @Body String printed) {
    if (printed != null) {
      printed
          .lines()
          .filter(LeftConnections::isConnection)
          .forEach(
              line -> {
                if (round.left().isLeft(line)) {
                  round.gone().incrementAndGet();
                  deletedOfLeft.incrementAndGet();
                } else {
                  deleted.incrementAndGet();
                }
              });
    }
  }

  /**
   * All that was understood is deleted.
   *
   * @throws IOException if conntrack listed anything else: it is said, and tried again
   */
  public synchronized void done(@ExchangeProperty(NetpolHeaders.CUT) Round round)
      throws IOException {
    StaleConnections connections = round.forbidden();
    int found = connections.forbidden().size();
    if (found > 0) {
      LOG.info(
          "cut what is no longer allowed: {} pairs of pod, peer and port, of {} tracked connections",
          found,
          connections.read());
    }
    if (!connections.reopened().isEmpty()) {
      LOG.info(
          "cut {} pairs of pod, peer and port again: answers had opened them anew",
          connections.reopened().size());
    }
    endedConnections.add(connections.forbidden());
    if (round.left().connections() > 0) {
      LOG.info(
          "deleted {} of {} tracked connections: the pods that had their addresses are gone",
          round.left().connections(),
          connections.read());
    }
    if (connections.notUnderstood() > 0) {
      LOG.warn(
          "{} of {} tracked connections were not understood and left alone",
          connections.notUnderstood(),
          connections.read());
    }
    if (round.left().notUnderstood() > 0) {
      throw new IOException(
          "conntrack lists " + round.left().notUnderstood() + " connections without addresses");
    }
    ended = 0;
    if (round.gone().get() < round.left().connections()) {
      // Some may have ended by themselves; the next listing tells.
      holders.putBack(round.addresses());
      if (++unconfirmed >= MOST_UNCONFIRMED) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "conntrack deleted %d of %d connections without an error",
                round.gone().get(),
                round.left().connections()));
      }
      return;
    }
    unconfirmed = 0;
    if (problem != null) {
      LOG.info("tracked connections can be deleted again");
      problem = null;
    }
  }

  /** Something failed: the pods and addresses are due again. */
  public synchronized void failed(
      @ExchangeProperty(NetpolHeaders.CUT) Round round,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    if (round != null) {
      due.addAll(round.pods());
      holders.putBack(round.addresses());
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
              + " deleted; what is enforced stays, and it is tried again: {}",
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
   * Whether the next round starts at once: a connection ended by itself during the last one, or
   * answers may have opened anew what it deleted.
   */
  public synchronized boolean isToGoOn() {
    return ended > 0 || endedConnections.isDueAtOnce();
  }

  /** Why connections can't be deleted just now; empty where they can. */
  public Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  /** How many tracked connections were deleted so far because pods had left their addresses. */
  public long deletedOfLeft() {
    return deletedOfLeft.get();
  }

  /** How many tracked connections were deleted so far because they were forbidden. */
  public long deleted() {
    return deleted.get();
  }

  /** How many rounds of cutting failed so far. */
  public long failures() {
    return failures.get();
  }
}
