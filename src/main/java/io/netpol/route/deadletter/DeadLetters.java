package io.netpol.route.deadletter;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.render.Names;
import io.netpol.index.AddressSetKey;
import io.netpol.net.Family;
import io.netpol.route.ApplyState;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the requests that could not be applied pending, each with its dead letter, until a later
 * sync succeeds.
 *
 * <p>A request stays pending whether or not the letter's file can be written, such as on a full
 * disk. Letters of an earlier run are known, too; the first sync of the whole node settles those
 * that it does not write again. Thread-safe.
 */
public final class DeadLetters {

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

  private final LetterFolder folder;
  private final DeadLetterNotifications notifications;

  @GuardedBy("this")
  private final Map<String, DeadLetter> letters = new TreeMap<>();

  @GuardedBy("this")
  private final Map<String, ReconcileRequest> pending = new HashMap<>();

  /** Pods that were never programmed and whose chains let nothing pass. */
  @GuardedBy("this")
  private final Set<PodInFamily> quarantined = new HashSet<>();

  /** Pods of {@link #quarantined} whose own rules the next sync tries that has them. */
  @GuardedBy("this")
  private final Set<PodInFamily> retried = new HashSet<>();

  @GuardedBy("this")
  private String problem;

  @GuardedBy("this")
  private long unwritten;

  @GuardedBy("this")
  private long dropped;

  /** Reads the letters that an earlier run left in the folder. */
  public DeadLetters(LetterFolder folder, DeadLetterNotifications notifications) {
    this.folder = folder;
    this.notifications = notifications;
    try {
      int parts = folder.removeParts();
      for (LetterFolder.Entry entry : folder.list()) {
        if (entry.letter() == null) {
          LOG.warn("dead letter {} of an earlier run {}", entry.id(), entry.problem());
        } else {
          letters.put(entry.id(), entry.letter().summary());
        }
      }
      if (parts > 0 || !letters.isEmpty()) {
        LOG.info("an earlier run left {} dead letters, and {} half written", letters.size(), parts);
      }
    } catch (IOException e) {
      problem = "cannot read the dead letters of an earlier run: " + e;
      LOG.warn("{}", problem);
    }
  }

  /** Returns the id of a letter: the same for the same subject, and safe as a file name. */
  public static String id(String subject) {
    String readable = subject.replaceAll("[^A-Za-z0-9.-]", "_");
    return readable.substring(0, Math.min(readable.length(), 100)) + "-" + Names.digest(subject);
  }

  /** Returns the id of the dead letter of a pod in a family. */
  public static String idOf(PodInFamily pod) {
    return id("pod " + pod);
  }

  /** Returns the id of the dead letter of an address set. */
  public static String idOf(AddressSetKey set) {
    return id("set " + set.canonical());
  }

  /** Adds the letter of a request that failed; the request stays pending. */
  public synchronized void add(DeadLetter letter, ReconcileRequest request) {
    letters.put(letter.id(), letter.summary());
    pending.merge(letter.id(), request, ReconcileRequest::and);
    retried.removeAll(request.pods());
    if (letter.state() == DeadLetter.State.CLOSED) {
      quarantined.addAll(request.pods());
    }
    notifications.notApplied(letter);
  }

  /** Returns the letter of an id, without its payload; empty if there is none. */
  public synchronized Optional<DeadLetter> get(String id) {
    return Optional.ofNullable(letters.get(id));
  }

  /** Writes the file of a letter; {@link #problem} and {@link #unwritten} tell if it failed. */
  public void write(@Header(Exchange.FILE_NAME) String name, byte[] json) throws IOException {
    String id = name.substring(0, name.length() - LetterFolder.SUFFIX.length());
    try {
      int gone = folder.write(id, json);
      synchronized (this) {
        problem = null;
        dropped += gone;
      }
      if (gone > 0) {
        LOG.warn("too many dead letters: the {} that failed longest ago were removed", gone);
      }
    } catch (IOException e) {
      synchronized (this) {
        unwritten++;
        problem = "dead letters cannot be written: " + e;
      }
      throw e;
    }
  }

  /** Returns all requests that failed and have not succeeded since, as one; null without any. */
  public synchronized ReconcileRequest pending() {
    retried.addAll(quarantined);
    return pending.values().stream().reduce(ReconcileRequest::and).orElse(null);
  }

  /**
   * Returns the request of a letter, to be tried now.
   *
   * @return empty if the letter is of an earlier run; the caller then syncs everything
   */
  synchronized Optional<ReconcileRequest> requestOf(String id) {
    Optional<ReconcileRequest> request = Optional.ofNullable(pending.get(id));
    if (request.isPresent()) {
      Set<PodInFamily> ofTheRequest = new HashSet<>(quarantined);
      ofTheRequest.retainAll(request.get().pods());
      retried.addAll(ofTheRequest);
    }
    return request;
  }

  /** Returns whether a pod's chains let nothing pass, because no rules were ever applied. */
  public synchronized boolean isQuarantined(PodInFamily pod) {
    return quarantined.contains(pod);
  }

  /** Returns the pods of the request that get chains which let nothing pass. */
  public synchronized Set<PodInFamily> quarantined(ReconcileRequest request) {
    Set<PodInFamily> found = new HashSet<>(quarantined);
    found.retainAll(request.pods());
    found.removeIf(pod -> request.everything().contains(pod.family()));
    found.removeAll(retried);
    return found;
  }

  /**
   * Settles the letters whose requests are applied.
   *
   * @param stillQuarantined pods of the request that got chains which let nothing pass
   */
  public synchronized void applied(ReconcileRequest applied, Set<PodInFamily> stillQuarantined) {
    if (letters.isEmpty() && quarantined.isEmpty()) {
      return;
    }
    quarantined.removeIf(pod -> covers(applied, pod) && !stillQuarantined.contains(pod));
    retried.retainAll(quarantined);
    Set<String> named = new HashSet<>();
    applied.pods().forEach(pod -> named.add(idOf(pod)));
    applied.sets().forEach(set -> named.add(idOf(set)));
    for (String id : List.copyOf(letters.keySet())) {
      ReconcileRequest request = pending.get(id);
      boolean ended =
          request == null
              ? isAll(applied) || named.contains(id)
              : covers(applied, request) && !hasAny(request.pods(), stillQuarantined);
      if (ended) {
        settle(id);
      }
    }
  }

  private static boolean covers(ReconcileRequest applied, ReconcileRequest request) {
    return applied.everything().containsAll(request.everything())
        && request.pods().stream().allMatch(pod -> covers(applied, pod))
        && request.sets().stream()
            .allMatch(
                set -> applied.everything().contains(set.family()) || applied.sets().contains(set));
  }

  private static boolean covers(ReconcileRequest applied, PodInFamily pod) {
    return applied.everything().contains(pod.family()) || applied.pods().contains(pod);
  }

  private static boolean isAll(ReconcileRequest request) {
    return request.everything().size() == Family.values().length;
  }

  private static boolean hasAny(Set<PodInFamily> pods, Set<PodInFamily> others) {
    return pods.stream().anyMatch(others::contains);
  }

  /** Removes letters of an earlier run after a sync of everything: what failed has a new one. */
  public synchronized void tried(@Variable(ApplyState.VARIABLE) ApplyState state) {
    ReconcileRequest request = state.request();
    boolean inPieces = pending.values().stream().allMatch(ReconcileRequest::isSingle);
    if (isAll(request) && inPieces) {
      for (String id : List.copyOf(letters.keySet())) {
        if (!pending.containsKey(id)) {
          letters.remove(id);
          delete(id);
        }
      }
    }
  }

  @GuardedBy("this")
  private void settle(String id) {
    DeadLetter ended = letters.remove(id);
    pending.remove(id);
    Set<String> others =
        letters.values().stream().flatMap(DeadLetter::affectedPolicies).collect(Collectors.toSet());
    notifications.applied(ended, others);
    delete(id);
  }

  private void delete(String id) {
    try {
      folder.delete(id);
      LOG.info("dead letter {} is settled", id);
    } catch (IOException e) {
      LOG.warn("dead letter {} is settled, but its file cannot be removed: {}", id, e.toString());
    }
  }

  /**
   * Removes a letter. The next resync tries its pods and sets again; if they fail, there is a new
   * letter.
   *
   * @return whether there was a letter
   * @throws IOException if its file cannot be removed
   */
  synchronized boolean drop(String id) throws IOException {
    boolean known = letters.remove(id) != null;
    pending.remove(id);
    notifications.forget(id);
    return folder.delete(id) || known;
  }

  /** Returns the letters without their payloads, in order of their ids. */
  public synchronized List<DeadLetter> letters() {
    return List.copyOf(letters.values());
  }

  /** Returns the pods and sets that this run could not apply, in words. */
  public synchronized List<String> refused() {
    Set<String> ofThisRun = pending.keySet();
    return letters.values().stream()
        .filter(letter -> ofThisRun.contains(letter.id()))
        .map(DeadLetter::subject)
        .sorted()
        .toList();
  }

  /** Returns why letters cannot be written; null while they can. */
  public synchronized String problem() {
    return problem;
  }

  /** Returns how often a letter could not be written. */
  public synchronized long unwritten() {
    return unwritten;
  }

  /** Returns how many letters were removed because there were too many. */
  public synchronized long dropped() {
    return dropped;
  }

  /** Returns the folder of the letters' files. */
  public LetterFolder folder() {
    return folder;
  }
}
