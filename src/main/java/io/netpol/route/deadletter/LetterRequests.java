package io.netpol.route.deadletter;

import io.netpol.dataplane.ReconcileRequest;
import io.netpol.route.flow.IndexUpdater;
import java.io.IOException;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replays or drops a dead letter, as a file named {@code ID.replay} or {@code ID.drop} requests.
 */
public final class LetterRequests {

  /** Suffix of a request to try the letter's pods and sets now. */
  public static final String REPLAY = ".replay";

  /** Suffix of a request to remove the letter. */
  public static final String DROP = ".drop";

  private static final Logger LOG = LoggerFactory.getLogger(LetterRequests.class);

  private final DeadLetters letters;
  private final IndexUpdater enrich;

  /** Creates the bean; an agent has one. */
  public LetterRequests(DeadLetters letters, IndexUpdater enrich) {
    this.letters = letters;
    this.enrich = enrich;
  }

  /**
   * Executes a request.
   *
   * @param name the file's name
   * @return what to reconcile now; null if there is nothing
   * @throws IllegalArgumentException if the name is not a request
   */
  public ReconcileRequest take(@Header(Exchange.FILE_NAME) String name) throws IOException {
    if (name.endsWith(DROP)) {
      String id = id(name, DROP);
      LOG.info("drop of dead letter {}: {}", id, letters.drop(id) ? "done" : "there is none");
      return null;
    }
    String id = id(name, REPLAY);
    if (letters.get(id).isEmpty()) {
      LOG.info("replay of dead letter {}: there is none", id);
      return null;
    }
    Optional<ReconcileRequest> request = letters.requestOf(id);
    LOG.info("replay of dead letter {}", id);
    return request.orElseGet(enrich::everything);
  }

  private static String id(String name, String suffix) {
    String id = name.substring(0, Math.max(name.length() - suffix.length(), 0));
    if (!name.endsWith(suffix) || !LetterFolder.isId(id)) {
      throw new IllegalArgumentException("not a request about a dead letter: " + name);
    }
    return id;
  }
}
