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
 * Finds among the tracked connections those of some pods that policies no longer allow. Only what
 * the policies of this node's pods say counts: the other end's node looks after its own.
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
   * Looks for those of some pods.
   *
   * @param pods pods of this node; others and those that are gone mean nothing
   * @param ownAddresses the node's own addresses: what it sends and gets itself is never filtered
   * @param ended those that were deleted before. An answer that was under way then is taken for the
   *     packet that opens a connection of the opposite direction, which may be allowed, and all
   *     that follows belongs to it.
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

  /** Takes in what {@code conntrack -L -o extended} prints. */
  public void read(BufferedReader listed) throws IOException {
    for (String line = listed.readLine(); line != null; line = listed.readLine()) {
      if (!line.isBlank()) {
        take(line);
      }
    }
  }

  /** Takes in one line of it. */
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
    // An address may have gone to another pod since these were noted.
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

  /** Returns how many connections were listed. */
  public int read() {
    return read;
  }

  /** Returns how many lines were no connections that can be understood; these are left alone. */
  public int notUnderstood() {
    return notUnderstood;
  }

  /** Returns what is forbidden, each kind once. */
  public Set<ConntrackEntry> forbidden() {
    return Set.copyOf(forbidden);
  }

  /** Returns what had been deleted, and its answers have opened anew. */
  public Set<ConntrackEntry> reopened() {
    return Set.copyOf(reopened);
  }

  /**
   * Files for {@code conntrack --load-file} that delete what is forbidden, and nothing else. Each
   * is made when it is asked for: what was allowed while others were worked off is left out.
   *
   * @param atMost commands in a file: for each the whole table is walked
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
