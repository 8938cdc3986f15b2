package io.netpol.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the list and watch of a consumer for readiness, and logs each change once. Thread-safe.
 *
 * <p>It is down until the first list is complete, while the cache is too stale, and while the route
 * fails for a change or lets one wait. It stays up during a short outage of the API server:
 * policies stay enforced, and the details report the staleness of the cache.
 */
final class WatchHealth extends AbstractHealthCheck {

  private static final Logger LOG = LoggerFactory.getLogger(WatchHealth.class);

  /**
   * The time that a change may wait for the route, which normally processes thousands in a second.
   */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  /**
   * The duration for which the server may deny access to a kind that was listed once: it heals by
   * itself only if the server has just started.
   */
  private static final Duration LONGEST_DENIAL = Duration.ofMinutes(1);

  private final String what;
  private final String kind;
  private final BooleanSupplier isOpen;
  private final Supplier<Backlog> backlog;
  private final Supplier<Duration> age;
  private final Duration maxAge;
  private final OutageLog outages;

  private boolean synced;
  private boolean watching;
  private boolean lacked;
  private Instant since = Instant.now();
  private String error;
  private String server;
  private Instant errorSince;

  /** The time of the first denial by {@link System#nanoTime()}; null if access is not denied. */
  private Long deniedSince;

  /**
   * Makes a check with the id {@code consumer:what}.
   *
   * @param what the route's id, for the name and the log
   * @param kind of the objects
   * @param isOpen returns whether the watch is open
   * @param backlog returns the pending changes of the route
   * @param age returns the staleness of the cache
   * @param maxAge the highest staleness for readiness
   * @param outages logs failures of all kinds
   */
  WatchHealth(
      String what,
      String kind,
      BooleanSupplier isOpen,
      Supplier<Backlog> backlog,
      Supplier<Duration> age,
      Duration maxAge,
      OutageLog outages) {
    super("camel", "consumer:" + what);
    this.what = what;
    this.kind = kind;
    this.isOpen = isOpen;
    this.backlog = backlog;
    this.age = age;
    this.maxAge = maxAge;
    this.outages = outages;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  /** Sets the URL of the server for messages. */
  synchronized void asks(String url) {
    server = url;
  }

  /** Records that a list or watch failed. */
  synchronized void failed(Throwable failure) {
    boolean denied = failure instanceof RefusalException refusal && refusal.isDenied();
    errorSince = error == null ? Instant.now() : errorSince;
    error = text(failure);
    if (denied && deniedSince == null) {
      deniedSince = System.nanoTime();
    } else if (!denied) {
      deniedSince = null;
    }
    outages.failed(what, error, denied);
  }

  /** Records that the first list is complete. */
  synchronized void synced() {
    synced = true;
    look();
  }

  /** Records that the consumer is stopped: the next list is a first one again. */
  synchronized void stopped() {
    synced = false;
    watching = false;
    works();
    changed();
  }

  private void works() {
    error = null;
    errorSince = null;
    deniedSince = null;
    outages.works(what, server);
  }

  private void changed() {
    since = Instant.now();
  }

  /** Checks the watch for changes; called about once a second. */
  synchronized void look() {
    boolean now = isOpen.getAsBoolean();
    if (now != watching) {
      watching = now;
      changed();
    }
    if (now) {
      works();
    }
    outages.look(server);
    String lack = lack(backlog.get());
    if (lack == null && lacked) {
      LOG.info(
          "{}: the route has processed everything for which it had failed or that had waited",
          what);
    } else if (lack != null && !lacked) {
      LOG.warn("{}: {}", what, lack);
    }
    lacked = lack != null;
  }

  /**
   * Returns a message about changes that the route fails for or lets wait; null if there are none.
   */
  private String lack(Backlog now) {
    if (now.failing() > 0) {
      int more = now.failing() - now.named().size();
      return String.format(
          Locale.ROOT,
          "the route has failed for %s: %s%s; it is retried until the route succeeds",
          kind,
          String.join(", ", now.named()),
          more > 0 ? " and " + more + " more" : "");
    }
    return now.waited().compareTo(LONGEST_WAIT) > 0
        ? String.format(
            Locale.ROOT,
            "%s %s has waited for the route for %d s; %d changes wait in total",
            kind,
            now.oldest(),
            now.waited().toSeconds(),
            now.pending())
        : null;
  }

  @Override
  protected synchronized void doCall(
      HealthCheckResultBuilder builder, Map<String, Object> options) {
    look();
    Backlog now = backlog.get();
    String lack = lack(now);
    builder.detail("synced", synced);
    builder.detail("watching", watching);
    builder.detail("since", since.toString());
    builder.detail("pending", now.pending());
    builder.detail("waitedSeconds", now.waited().toSeconds());
    builder.detail("retries", now.failing());
    if (now.failing() > 0) {
      builder.detail("retrying", String.join(", ", now.named()));
    }
    if (error != null) {
      builder.detail("error", error);
      builder.detail("errorSince", errorSince.toString());
    }
    Duration old = age.get();
    builder.detail("ageSeconds", old.toSeconds());
    if (!synced) {
      builder.down();
      builder.message(
          error == null ? "the first list is not complete" : error + " (" + server + ")");
    } else if (lack != null) {
      builder.down();
      builder.message(lack);
    } else if (deniedSince != null && System.nanoTime() - deniedSince > LONGEST_DENIAL.toNanos()) {
      builder.down();
      builder.message(
          error
              + " ("
              + server
              + "); the last known policies stay enforced, and nothing new is seen");
    } else if (old.compareTo(maxAge) > 0) {
      builder.down();
      builder.message(
          String.format(
              Locale.ROOT,
              "the cache is %d s stale; the last known policies stay enforced%s",
              old.toSeconds(),
              error == null ? "" : ": " + error));
    } else {
      builder.up();
    }
  }

  /** Returns the status code and message of the API server, or the innermost exception. */
  private static String text(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause.getCause() != null && depth < 20; depth++) {
      if (cause instanceof KubernetesClientException e && e.getCode() > 0) {
        break;
      }
      cause = cause.getCause();
    }
    if (cause instanceof RefusalException refusal) {
      return refusal.getMessage();
    }
    if (cause instanceof KubernetesClientException e && e.getCode() > 0) {
      String message = e.getStatus() == null ? null : e.getStatus().getMessage();
      return e.getCode() + " " + (message == null ? e.getMessage() : message);
    }
    return cause.getMessage() == null
        ? cause.getClass().getSimpleName()
        : cause.getClass().getSimpleName() + ": " + cause.getMessage();
  }
}
