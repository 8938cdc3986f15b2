package io.netpol.route;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.render.Names;
import io.netpol.index.AddressSetKey;
import io.netpol.net.Family;
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
 * What could not be applied and is due still, until a later apply succeeds.
 *
 * <p>It is kept here whatever becomes of the letter's file: with a full disk the work stays due all
 * the same. Letters that an earlier run left are known too; who of them is not written anew by the
 * first apply of everything is settled by it.
 */
public final class DeadLetters {

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

  private final LetterFolder folder;
  private final DeadLetterNotifications news;

  @GuardedBy("this")
  private final Map<String, DeadLetter> letters = new TreeMap<>();

  @GuardedBy("this")
  private final Map<String, ReconcileRequest> due = new HashMap<>();

  /** Pods whose chains let nothing pass. */
  @GuardedBy("this")
  private final Set<PodInFamily> closed = new HashSet<>();

  /** Those of {@link #closed} whose own rules are tried by the next apply that they are due in. */
  @GuardedBy("this")
  private final Set<PodInFamily> retried = new HashSet<>();

  @GuardedBy("this")
  private String problem;

  @GuardedBy("this")
  private long unwritten;

  @GuardedBy("this")
  private long dropped;

  /** Takes over what an earlier run left in the folder. */
  public DeadLetters(LetterFolder folder, DeadLetterNotifications news) {
    this.folder = folder;
    this.news = news;
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
      problem = "cannot look for dead letters of an earlier run: " + e;
      LOG.warn("{}", problem);
    }
  }

  /** The id of a letter: the same for the same subject, and a plain file name. */
  static String id(String subject) {
    String readable = subject.replaceAll("[^A-Za-z0-9.-]", "_");
    return readable.substring(0, Math.min(readable.length(), 100)) + "-" + Names.digest(subject);
  }

  static String idOf(PodInFamily pod) {
    return id("pod " + pod);
  }

  static String idOf(AddressSetKey set) {
    return id("set " + set.canonical());
  }

  /** Takes a failed piece of work in; it stays due. */
  synchronized void add(DeadLetter letter, ReconcileRequest work) {
    letters.put(letter.id(), letter.summary());
    due.merge(letter.id(), work, ReconcileRequest::and);
    retried.removeAll(work.pods());
    if (letter.state() == DeadLetter.State.CLOSED) {
      closed.addAll(work.pods());
    }
    news.notApplied(letter);
  }

  /** The letter of this id, without its payload. */
  synchronized Optional<DeadLetter> get(String id) {
    return Optional.ofNullable(letters.get(id));
  }

  /** Writes the file of a letter. That it cannot be written is told by health, count and log. */
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

  /** All work that failed and did not succeed since; null if there is none. */
  public synchronized ReconcileRequest due() {
    retried.addAll(closed);
    return due.values().stream().reduce(ReconcileRequest::and).orElse(null);
  }

  /**
   * The work of one letter, to be tried now.
   *
   * @return empty where the letter is not of this run: then everything is to be tried
   */
  synchronized Optional<ReconcileRequest> workOf(String id) {
    Optional<ReconcileRequest> work = Optional.ofNullable(due.get(id));
    if (work.isPresent()) {
      Set<PodInFamily> ofTheWork = new HashSet<>(closed);
      ofTheWork.retainAll(work.get().pods());
      retried.addAll(ofTheWork);
    }
    return work;
  }

  /** Whether a pod's chains let nothing pass, for want of rules that work. */
  synchronized boolean isClosed(PodInFamily pod) {
    return closed.contains(pod);
  }

  /** Which of the pods of this work get chains that let nothing pass. */
  synchronized Set<PodInFamily> closed(ReconcileRequest work) {
    Set<PodInFamily> found = new HashSet<>(closed);
    found.retainAll(work.pods());
    found.removeIf(pod -> work.everything().contains(pod.family()));
    found.removeAll(retried);
    return found;
  }

  /**
   * Ends the letters whose work was applied.
   *
   * @param stillClosed pods of the work that got chains which let nothing pass
   */
  synchronized void healed(ReconcileRequest applied, Set<PodInFamily> stillClosed) {
    if (letters.isEmpty() && closed.isEmpty()) {
      return;
    }
    closed.removeIf(pod -> covers(applied, pod) && !stillClosed.contains(pod));
    retried.retainAll(closed);
    Set<String> named = new HashSet<>();
    applied.pods().forEach(pod -> named.add(idOf(pod)));
    applied.sets().forEach(set -> named.add(idOf(set)));
    for (String id : List.copyOf(letters.keySet())) {
      ReconcileRequest work = due.get(id);
      boolean ended =
          work == null
              ? isAll(applied) || named.contains(id)
              : covers(applied, work) && !hasAny(work.pods(), stillClosed);
      if (ended) {
        end(id);
      }
    }
  }

  private static boolean covers(ReconcileRequest applied, ReconcileRequest work) {
    return applied.everything().containsAll(work.everything())
        && work.pods().stream().allMatch(pod -> covers(applied, pod))
        && work.sets().stream()
            .allMatch(
                set -> applied.everything().contains(set.family()) || applied.sets().contains(set));
  }

  private static boolean covers(ReconcileRequest applied, PodInFamily pod) {
    return applied.everything().contains(pod.family()) || applied.pods().contains(pod);
  }

  private static boolean isAll(ReconcileRequest work) {
    return work.everything().size() == Family.values().length;
  }

  private static boolean hasAny(Set<PodInFamily> pods, Set<PodInFamily> others) {
    return pods.stream().anyMatch(others::contains);
  }

  /** All work was tried: what failed has a letter of this run, and who is gone needs none. */
  public synchronized void tried(@Variable(ApplyState.VARIABLE) ApplyState state) {
    ReconcileRequest work = state.work();
    boolean inPieces = due.values().stream().allMatch(ReconcileRequest::isSingle);
    if (isAll(work) && inPieces) {
      for (String id : List.copyOf(letters.keySet())) {
        if (!due.containsKey(id)) {
          letters.remove(id);
          delete(id);
        }
      }
    }
  }

  @GuardedBy("this")
  private void end(String id) {
    DeadLetter ended = letters.remove(id);
    due.remove(id);
    Set<String> others =
        letters.values().stream().flatMap(l -> l.policies().stream()).collect(Collectors.toSet());
    news.applied(ended, others);
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
   * Removes a letter and no longer reports its work, which is tried again with everything else; if
   * it fails then, the letter is back.
   *
   * @return whether there was one
   * @throws IOException if its file cannot be removed
   */
  synchronized boolean drop(String id) throws IOException {
    boolean known = letters.remove(id) != null;
    due.remove(id);
    news.forget(id);
    return folder.delete(id) || known;
  }

  /** The letters, without their payloads, in order of their ids. */
  public synchronized List<DeadLetter> letters() {
    return List.copyOf(letters.values());
  }

  /** The pods and sets whose work was refused by this run's applies, in words. */
  synchronized List<String> refused() {
    Set<String> ofThisRun = due.keySet();
    return letters.values().stream()
        .filter(letter -> ofThisRun.contains(letter.id()))
        .map(DeadLetter::subject)
        .sorted()
        .toList();
  }

  /** Why letters cannot be written; null while they can. */
  public synchronized String problem() {
    return problem;
  }

  /** How often a letter could not be written. */
  public synchronized long unwritten() {
    return unwritten;
  }

  /** How many letters were removed because there were too many. */
  public synchronized long dropped() {
    return dropped;
  }

  /** The files. */
  public LetterFolder folder() {
    return folder;
  }
}
