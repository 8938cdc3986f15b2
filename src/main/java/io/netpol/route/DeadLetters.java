package io.netpol.route;

import io.netpol.iptables.Dataplane;
import io.netpol.iptables.DuePod;
import io.netpol.iptables.Work;
import io.netpol.policy.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What could not be applied and is due still; each has a file, until a later apply succeeds. */
public final class DeadLetters {

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);
  private static final String SUFFIX = ".json";

  private final Path folder;
  private final Map<String, Work> due = new HashMap<>();
  private final Map<String, DeadLetter> letters = new HashMap<>();
  private final Set<DuePod> closed = new HashSet<>();

  /** Letters in a folder, which is made when the first is written. */
  public DeadLetters(Path folder) {
    this.folder = folder;
  }

  /** Takes a failed piece of work in; it stays due. */
  synchronized void add(DeadLetter letter, Work work, boolean close) {
    letters.put(letter.id(), letter);
    due.put(letter.id(), work);
    if (close) {
      closed.addAll(work.pods());
    }
  }

  /** The letter of this id, from this run of the agent; null if there is none. */
  synchronized DeadLetter get(String id) {
    return letters.get(id);
  }

  /** All work that failed and did not succeed since; null if there is none. */
  public synchronized Work due() {
    closed.clear(); // the rules themselves are tried again
    return due.values().stream().reduce(Work::and).orElse(null);
  }

  /** Which of these pods get chains that let nothing pass, for want of rules that work. */
  synchronized Set<DuePod> closed(Set<DuePod> pods) {
    Set<DuePod> found = new HashSet<>(pods);
    found.retainAll(closed);
    return found;
  }

  /** Ends the letters whose work was applied. */
  synchronized void healed(Work applied, Dataplane dataplane) {
    Set<String> ended = new HashSet<>();
    if (applied.everything().size() == Family.values().length) {
      closed.clear(); // all pods got their own rules
      ended.addAll(due.keySet());
      try (Stream<Path> files = Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
        files
            .map(file -> file.getFileName().toString())
            .filter(name -> name.endsWith(SUFFIX))
            .forEach(name -> ended.add(name.substring(0, name.length() - SUFFIX.length())));
      } catch (IOException e) {
        LOG.warn("cannot list the dead letters in {}: {}", folder, e.toString());
      }
    } else if (!due.isEmpty()) {
      due.forEach(
          (id, work) -> {
            boolean pods = applied.pods().containsAll(work.pods());
            if (pods && applied.sets().containsAll(work.sets())) {
              ended.add(id);
            }
          });
    }
    ended.removeIf(id -> due.containsKey(id) && !closed(due.get(id).pods()).isEmpty());
    for (String id : ended) {
      due.remove(id);
      letters.remove(id);
      try {
        if (Files.deleteIfExists(folder.resolve(id + SUFFIX))) {
          LOG.info("dead letter {} is settled", id);
        }
      } catch (IOException e) {
        LOG.warn("cannot remove dead letter {}: {}", id, e.toString());
      }
    }
  }

  /** The letters of this run of the agent. */
  public synchronized List<DeadLetter> letters() {
    return new ArrayList<>(letters.values());
  }
}
