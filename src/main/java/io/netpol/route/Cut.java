package io.netpol.route;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.iptables.ForbiddenConnections;
import io.netpol.policy.Cluster;
import io.netpol.policy.IpAddress;
import io.netpol.policy.Node;
import io.netpol.policy.ObjectKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes tracked connections that a change of policies forbids: rules let established connections
 * pass, so without this these would live on. Pods stay due until it was done for them.
 */
public final class Cut {

  private static final Logger LOG = LoggerFactory.getLogger(Cut.class);

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

  private final Cluster cluster;
  private final boolean on;
  private final Supplier<Set<IpAddress>> hostAddresses;

  @GuardedBy("this")
  private final Set<ObjectKey> due = new TreeSet<>();

  @GuardedBy("this")
  private boolean first = true;

  private final AtomicLong deleted = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();

  /**
   * One for each agent.
   *
   * @param on whether anything is cut at all
   * @param hostAddresses the addresses that the node itself has at the moment, beside those that
   *     its Node object says
   */
  public Cut(Cluster cluster, boolean on, Supplier<Set<IpAddress>> hostAddresses) {
    this.cluster = cluster;
    this.on = on;
    this.hostAddresses = hostAddresses;
  }

  /** One look at the tracked connections. */
  public record Round(Set<ObjectKey> pods, ForbiddenConnections connections) {}

  /** An attempt, good or not, may have taken something away from these pods. */
  synchronized void restricted(Collection<ObjectKey> pods) {
    if (on) {
      due.addAll(pods);
    }
  }

  /** After an apply: whether connections of any pod have to be looked at. */
  public synchronized boolean isDue() {
    if (on && first) {
      // What an agent before this one applied, and did not live to cut, is not known.
      first = false;
      due.addAll(cluster.localPods());
    }
    return !due.isEmpty();
  }

  /** Begins with the pods that are due now; those that become due meanwhile wait for the next. */
  public synchronized Round begin() {
    Set<ObjectKey> pods = Set.copyOf(due);
    due.clear();
    Set<IpAddress> own = new HashSet<>(hostAddresses.get());
    own.addAll(cluster.node(cluster.nodeName()).map(Node::addresses).orElse(List.of()));
    return new Round(pods, new ForbiddenConnections(cluster, pods, own));
  }

  /** Takes in the connections of one address family. */
  public void listed(@ExchangeProperty(NetpolHeaders.CUT) Round round, InputStream listed)
      throws IOException {
    // None at all is no output at all.
    if (listed != null) {
      round
          .connections()
          .read(new BufferedReader(new InputStreamReader(listed, StandardCharsets.UTF_8)));
    }
  }

  /** What conntrack is to do, one text for each process; none where all are allowed by then. */
  public Iterator<String> deletions(@ExchangeProperty(NetpolHeaders.CUT) Round round) {
    return round.connections().deletions(DELETIONS_A_PROCESS);
  }

  /** conntrack prints a line for each connection that it deletes. */
  public void deleted(String printed) {
    if (printed != null) {
      deleted.addAndGet(printed.lines().count());
    }
  }

  /** All was deleted. */
  public void done(@ExchangeProperty(NetpolHeaders.CUT) Round round) {
    ForbiddenConnections connections = round.connections();
    int found = connections.forbidden().size();
    if (connections.notUnderstood() > 0) {
      LOG.warn(
          "{} of {} tracked connections were not understood and left alone",
          connections.notUnderstood(),
          connections.read());
    }
    if (found > 0) {
      LOG.info(
          "cut what is no longer allowed: {} pairs of pod, peer and port, of {} tracked connections",
          found,
          connections.read());
    }
  }

  /** Something failed: the pods are due again after the next apply. */
  public void failed(
      @ExchangeProperty(NetpolHeaders.CUT) Round round,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    failures.incrementAndGet();
    if (round != null) {
      restricted(round.pods());
    }
    LOG.warn(
        "connections that are no longer allowed could not be cut, tried again after the next"
            + " apply: {}",
        exception == null ? "unknown" : exception.toString());
  }

  /** How many tracked connections were deleted so far. */
  public long deleted() {
    return deleted.get();
  }

  /** How many rounds of cutting failed so far. */
  public long failures() {
    return failures.get();
  }
}
