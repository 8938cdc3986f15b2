package io.netpol.route.apply;

import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.time.Duration;

/**
 * Limits how long tools may take.
 *
 * @param command for one run, after which it is killed
 * @param lockWait the part of it that iptables may wait for the xtables lock ({@code --wait})
 */
public record ToolLimits(Duration command, Duration lockWait) {

  /** Generous time between SIGTERM and the end of a tool. */
  private static final Duration DYING = Duration.ofSeconds(2);

  /** Shortest {@link #orphans()}: an earlier agent may have had longer limits. */
  private static final Duration LEAST_ORPHANS = Duration.ofSeconds(60);

  /** Returns the limits of the settings. */
  public static ToolLimits of(Settings settings) {
    return new ToolLimits(
        settings.millis(Setting.COMMAND_TIMEOUT),
        Duration.ofSeconds(Long.parseLong(settings.get(Setting.LOCK_WAIT_SECONDS))));
  }

  /** Returns the time after which a tool that reads has ended or was killed. */
  Duration reading() {
    return command.plus(DYING);
  }

  /**
   * Returns how long tools of an earlier agent that was killed may go on: they wait for the lock,
   * then write what was desired at that time, and no agent kills them.
   */
  Duration orphans() {
    Duration most = lockWait.plus(command);
    return most.compareTo(LEAST_ORPHANS) < 0 ? LEAST_ORPHANS : most;
  }
}
