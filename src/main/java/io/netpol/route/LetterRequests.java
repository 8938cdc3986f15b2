package io.netpol.route;

import io.netpol.dataplane.ReconcileRequest;
import java.io.IOException;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what is asked for of a dead letter by the name of a file: {@code ID.replay}, {@code
 * ID.drop}.
 */
public final class LetterRequests {

  /** The letter's work is to be tried now. */
  public static final String REPLAY = ".replay";

  /** The letter is to be removed. */
  public static final String DROP = ".drop";

  private static final Logger LOG = LoggerFactory.getLogger(LetterRequests.class);

  private final DeadLetters letters;
  private final IndexUpdater enrich;

  /** One for each agent. */
  public LetterRequests(DeadLetters letters, IndexUpdater enrich) {
    this.letters = letters;
    this.enrich = enrich;
  }

  /**
   * Does it.
   *
   * @return the work that is due now; null where there is none
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
    Optional<ReconcileRequest> work = letters.workOf(id);
    LOG.info("replay of dead letter {}", id);
    return work.orElseGet(enrich::everything);
  }

  private static String id(String name, String suffix) {
    String id = name.substring(0, Math.max(name.length() - suffix.length(), 0));
    if (!name.endsWith(suffix) || !LetterFolder.isId(id)) {
      throw new IllegalArgumentException("no request about a dead letter: " + name);
    }
    return id;
  }
}
