package io.netpol.dataplane.conntrack;

import io.netpol.evaluate.Evaluator;
import io.netpol.evaluate.Verdict;
import io.netpol.index.Cluster;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds the tracked connections of some pods that policies no longer allow. Only policies of pods
 * on this node count: the agent on the node of the peer checks its own.
 */
public final class StaleConnections {

  private final Cluster cluster;
  private final Evaluator evaluator;
  private final Set<ObjectKey> pods;
  private final Set<IpAddress> ownAddresses;
  private final Set<IpAddress> podAddresses = new HashSet<>();
  private final Set<ConntrackEntry> seen = new HashSet<>();
  private final Set<ConntrackEntry> forbidden = new LinkedHashSet<>();
  private final Set<ConntrackEntry> ended;
  private final Set<ConntrackEntry> reopened = new LinkedHashSet<>();
  private int read;
  private int notUnderstood;

  /**
   * Makes a search.
   *
   * @param pods pods of this node; others and deleted ones are ignored
   * @param ownAddresses the addresses of the node, whose own traffic is never filtered
   * @param ended the connections that were deleted before. conntrack takes a reply that was in
   *     flight then for the first packet of a connection in the opposite direction, which may be
   *     allowed and then includes all later packets
   */
  public StaleConnections(
      Cluster cluster,
      Set<ObjectKey> pods,
      Set<IpAddress> ownAddresses,
      Set<ConntrackEntry> ended) {
    this.cluster = cluster;
    this.evaluator = new Evaluator(cluster);
    this.pods = Set.copyOf(pods);
    this.ownAddresses = Set.copyOf(ownAddresses);
    this.ended = Set.copyOf(ended);
    for (ObjectKey key : pods) {
      cluster.localPod(key).ifPresent(pod -> podAddresses.addAll(pod.addresses()));
    }
  }

  /** Parses the output of {@code conntrack -L -o extended}. */
  public void read(BufferedReader listed) throws IOException {
    for (String line = listed.readLine(); line != null; line = listed.readLine()) {
      if (!line.isBlank()) {
        take(line);
      }
    }
  }

  /** Parses one line. */
  public void take(String line) {
    read++;
    ConntrackEntry connection = ConntrackEntry.parse(line).orElse(null);
    if (connection == null) {
      notUnderstood++;
    } else if (concerns(connection) && seen.add(connection) && isForbidden(connection)) {
      forbidden.add(connection);
    }
    if (!ended.isEmpty()) {
      ConntrackEntry.parseAnswered(line)
          .filter(ended::contains)
          .filter(this::isDenied)
          .ifPresent(reopened::add);
    }
  }

  private boolean concerns(ConntrackEntry connection) {
    return (podAddresses.contains(connection.sender())
            || podAddresses.contains(connection.receiver()))
        && !ownAddresses.contains(connection.sender())
        && !ownAddresses.contains(connection.receiver());
  }

  private boolean isForbidden(ConntrackEntry connection) {
    // The address may belong to another pod by now.
    return cluster.withLock(
        () ->
            (isOneOf(connection.sender()) || isOneOf(connection.receiver()))
                && isDeniedNow(connection));
  }

  private boolean isDenied(ConntrackEntry connection) {
    return cluster.withLock(() -> isDeniedNow(connection));
  }

  private boolean isDeniedNow(ConntrackEntry connection) {
    Verdict verdict = evaluator.verdict(connection.flow());
    return isLocal(connection.sender()) && !verdict.egress().allows()
        || isLocal(connection.receiver()) && !verdict.ingress().allows();
  }

  private boolean isLocal(IpAddress address) {
    return cluster.podsAt(address).stream().anyMatch(p -> cluster.localPod(p.key()).isPresent());
  }

  private boolean isOneOf(IpAddress address) {
    return cluster.podsAt(address).stream().map(Pod::key).anyMatch(pods::contains)
        && isLocal(address);
  }

  /** Returns the number of listed connections. */
  public int read() {
    return read;
  }

  /** Returns the number of lines that could not be parsed; their connections stay. */
  public int notUnderstood() {
    return notUnderstood;
  }

  /** Returns the connections that are not allowed. */
  public Set<ConntrackEntry> forbidden() {
    return Set.copyOf(forbidden);
  }

  /** Returns the deleted connections that replies have opened again. */
  public Set<ConntrackEntry> reopened() {
    return Set.copyOf(reopened);
  }

  /**
   * Returns files for {@code conntrack --load-file} that delete exactly the connections that are
   * not allowed. They are made lazily: a connection that has become allowed meanwhile is left out.
   *
   * @param atMost the number of commands in a file; the kernel walks the whole table for each
   */
  public Iterator<String> deletions(int atMost) {
    Map<ConntrackEntry, List<IpAddress>> senders = new LinkedHashMap<>();
    for (ConntrackEntry connection : forbidden) {
      senders
          .computeIfAbsent(
              connection.from(SourceCidrs.around(connection.sender()).base()),
              neighbours -> new ArrayList<>())
          .add(connection.sender());
    }
    Stream<String> ofForbidden =
        senders.entrySet().stream().flatMap(group -> deletions(group.getKey(), group.getValue()));
    Stream<String> ofReopened =
        reopened.stream().filter(this::isDenied).map(ConntrackEntry::deletionOfAnswers);
    return new LoadFiles(Stream.concat(ofForbidden, ofReopened).iterator(), atMost);
  }

  private Stream<String> deletions(ConntrackEntry toOne, List<IpAddress> from) {
    Predicate<IpAddress> isForbidden =
        sender -> concerns(toOne.from(sender)) && isForbidden(toOne.from(sender));
    List<IpAddress> still = from.stream().filter(isForbidden).toList();
    return SourceCidrs.of(still, isForbidden).stream().map(toOne::deletion);
  }
}
