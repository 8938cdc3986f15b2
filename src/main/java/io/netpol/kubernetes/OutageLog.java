package io.netpol.kubernetes;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs that the API server is away or refuses, once for all kinds of objects, and only if it lasts.
 * Thread-safe.
 *
 * <p>A server that was restarted refuses for a while whatever it has not loaded the roles for: that
 * is no mistake of anybody.
 */
final class OutageLog {

  private static final Logger LOG = LoggerFactory.getLogger(OutageLog.class);

  /** The duration up to which a server that is away is not logged. */
  private static final Duration SHORT = Duration.ofSeconds(5);

  /** The duration up to which a refusal may mean that the server has just started. */
  static final Duration WARM_UP = Duration.ofSeconds(10);

  private record Trouble(String text, boolean denied, long since) {}

  private final LongSupplier nanoTime;
  private final Consumer<String> warn;
  private final Consumer<String> info;

  /** What fails now, by route id. */
  private final Map<String, Trouble> troubles = new LinkedHashMap<>();

  private final Set<String> denialsLogged = new TreeSet<>();
  private boolean outageLogged;
  private long start;

  OutageLog() {
    this(System::nanoTime, LOG::warn, LOG::info);
  }

  /** Makes a log with a clock like {@link System#nanoTime} and other targets, for tests. */
  OutageLog(LongSupplier nanoTime, Consumer<String> warn, Consumer<String> info) {
    this.nanoTime = nanoTime;
    this.warn = warn;
    this.info = info;
  }

  /**
   * Records that a list or watch failed.
   *
   * @param what the route's id
   * @param text the reason
   * @param denied whether the server answered that the agent may not do that
   */
  synchronized void failed(String what, String text, boolean denied) {
    long now = nanoTime.getAsLong();
    if (troubles.isEmpty()) {
      start = now;
    }
    Trouble before = troubles.get(what);
    boolean same = before != null && before.denied() == denied;
    troubles.put(what, new Trouble(text, denied, same ? before.since() : now));
  }

  /** Records that a watch is open, or that its route is stopped. */
  synchronized void works(String what, String server) {
    if (troubles.remove(what) != null
        && troubles.isEmpty()
        && (outageLogged || !denialsLogged.isEmpty())) {
      info.accept(
          String.format(
              Locale.ROOT,
              "the API server at %s: watching again after %d s",
              server,
              Duration.ofNanos(nanoTime.getAsLong() - start).toSeconds()));
      outageLogged = false;
      denialsLogged.clear();
    }
  }

  /** Logs what has lasted by now; called about once a second. */
  synchronized void look(String server) {
    Set<String> denied = new TreeSet<>();
    Trouble denial = null;
    for (Map.Entry<String, Trouble> each : troubles.entrySet()) {
      Trouble trouble = each.getValue();
      if (trouble.denied()) {
        denied.add(each.getKey());
        if (denial == null && lasts(trouble, WARM_UP) && !denialsLogged.contains(each.getKey())) {
          denial = trouble;
        }
      } else if (lasts(trouble, SHORT) && !outageLogged) {
        outageLogged = true;
        warn.accept(
            String.format(
                Locale.ROOT,
                "cannot list or watch at %s, will go on trying: %s; what is known stays enforced",
                server,
                trouble.text()));
      }
    }
    if (denial != null) {
      denialsLogged.addAll(denied);
      warn.accept(
          String.format(
              Locale.ROOT,
              "the API server at %s does not let the agent list and watch (routes %s), will go on"
                  + " trying: %s; grant its service account what deploy/base grants",
              server,
              String.join(", ", denied),
              denial.text()));
    }
  }

  private boolean lasts(Trouble trouble, Duration limit) {
    return nanoTime.getAsLong() - trouble.since() > limit.toNanos();
  }
}
