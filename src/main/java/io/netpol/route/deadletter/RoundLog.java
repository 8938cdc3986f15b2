package io.netpol.route.deadletter;

import io.netpol.route.Applied;
import io.netpol.route.ApplyListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs in one line what of a sync failed, why, and when the agent tries it again. A sync has many
 * attempts, its retries and pieces included, and a line for each would hide the reason.
 *
 * <p>For the thread that applies.
 */
public final class RoundLog implements ApplyListener {

  private static final Logger LOG = LoggerFactory.getLogger(RoundLog.class);

  /** Most letters that a line names. */
  private static final int MAX_NAMED = 5;

  private final Duration retryInterval;
  private final List<DeadLetter> letters = new ArrayList<>();
  private int failures;
  private boolean isSplit;
  private String why;

  /**
   * Creates the log of an agent.
   *
   * @param retryInterval how often the agent retries the changes in the dead letters
   */
  public RoundLog(Duration retryInterval) {
    this.retryInterval = retryInterval;
  }

  /** Forgets the last sync, before the first attempt of the next fails. */
  public void begin() {
    failures = 0;
    isSplit = false;
    why = null;
    letters.clear();
  }

  /** Notes that an attempt failed. */
  public void failed(String reason) {
    failures++;
    why = reason;
  }

  /** Notes that the whole batch has no retry left. */
  public void split() {
    isSplit = true;
  }

  /** Notes that a piece failed by itself. */
  public void letter(DeadLetter letter) {
    letters.add(letter);
  }

  /** Logs that the whole batch was applied by a retry. */
  @Override
  public void applied(Applied applied) {
    if (failures > 0 && !isSplit) {
      LOG.warn("applied after {}; before that: {}", failed(failures), why);
      begin();
    }
  }

  /** Logs the sync, after its last piece. */
  public void end() {
    if (letters.size() == 1) {
      DeadLetter letter = letters.get(0);
      LOG.warn(
          "dead letter {}: {} could not be applied, {}: {}; {} so far, next attempt within {}",
          letter.id(),
          letter.subject(),
          letter.enforced(),
          letter.reason(),
          failed(letter.attempts()),
          interval());
    } else if (!letters.isEmpty()) {
      LOG.warn(
          "{} dead letters, next attempt within {}: {}{}",
          letters.size(),
          interval(),
          letters.stream()
              .limit(MAX_NAMED)
              .map(l -> l.id() + " (" + l.enforced() + ": " + l.reason() + ")")
              .collect(Collectors.joining(", ")),
          letters.size() > MAX_NAMED ? ", …" : "");
    } else if (failures > 0) {
      LOG.warn("applied in pieces after {}; before that: {}", failed(failures), why);
    }
    begin();
  }

  private static String failed(int attempts) {
    return attempts == 1 ? "1 failed attempt" : attempts + " failed attempts";
  }

  private String interval() {
    return retryInterval.toMillis() < 1000
        ? retryInterval.toMillis() + " ms"
        : retryInterval.toSeconds() + " s";
  }
}
