package io.netpol.route;

import java.time.Duration;

/**
 * How long tools may take.
 *
 * @param command for one run, after which it is killed
 * @param lockWait of this for the lock of others
 */
public record ToolLimits(Duration command, Duration lockWait) {

  /** Between the signal that asks a tool to end and its end, generously. */
  private static final Duration DYING = Duration.ofSeconds(2);

  /** An agent before this one may have had shorter limits set than this one has. */
  private static final Duration LEAST_ORPHANS = Duration.ofSeconds(60);

  /** As the settings say. */
  public static ToolLimits of(Settings settings) {
    return new ToolLimits(
        settings.millis(Setting.COMMAND_TIMEOUT),
        Duration.ofSeconds(Long.parseLong(settings.get(Setting.LOCK_WAIT_SECONDS))));
  }

  /** After this a tool that reads has ended, or was killed. */
  Duration reading() {
    return command.plus(DYING);
  }

  /**
   * So long the tools that an agent before this one had started when it was killed may wait for a
   * lock, and then write what was wanted at the time: nobody kills these.
   */
  Duration orphans() {
    Duration most = lockWait.plus(command);
    return most.compareTo(LEAST_ORPHANS) < 0 ? LEAST_ORPHANS : most;
  }
}
