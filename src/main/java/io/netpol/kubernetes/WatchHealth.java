package io.netpol.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a consumer's list and watch are doing: a readiness check, and one log line per change.
 *
 * <p>Down until the first list is complete, when the view has grown too old, and when the route has
 * failed for a change or has let one wait. Up while the API server is away for a short time: what
 * is known goes on being enforced, and the details say how old the view is.
 */
final class WatchHealth extends AbstractHealthCheck {

  private static final Logger LOG = LoggerFactory.getLogger(WatchHealth.class);

  /** So long a change may wait for the route: one that works takes thousands in a second. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  /** A reconnect that succeeds sooner is not worth a line. */
  private static final Duration SHORT_GAP = Duration.ofSeconds(5);

  private final String what;
  private final String kind;
  private final BooleanSupplier informerWatches;
  private final Supplier<Backlog> backlog;
  private final Supplier<Duration> age;
  private final Duration maxAge;

  private boolean synced;
  private boolean watching;
  private boolean gapLogged;
  private boolean lacked;
  private Instant since = Instant.now();
  private long sinceNanos = System.nanoTime();
  private String error;
  private String server;
  private Instant errorSince;

  /**
   * A check named {@code consumer:what}.
   *
   * @param what the route's id, for the name and the log
   * @param kind of the objects
   * @param informerWatches asked whether the watch is open
   * @param backlog asked how far the route has got
   * @param age asked how long ago the view was known to be current
   * @param maxAge how old it may be
   */
  WatchHealth(
      String what,
      String kind,
      BooleanSupplier informerWatches,
      Supplier<Backlog> backlog,
      Supplier<Duration> age,
      Duration maxAge) {
    super("camel", "consumer:" + what);
    this.what = what;
    this.kind = kind;
    this.informerWatches = informerWatches;
    this.backlog = backlog;
    this.age = age;
    this.maxAge = maxAge;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  /** From now on this server, by its URL, is asked. */
  synchronized void asks(String url) {
    server = url;
  }

  /** A list or watch failed; said once until it works or another error comes. */
  synchronized void failed(Throwable failure) {
    String text = text(failure);
    if (!Objects.equals(error, text)) {
      errorSince = error == null ? Instant.now() : errorSince;
      error = text;
      LOG.warn("{}: cannot list or watch at {}, will go on trying: {}", what, server, text);
    }
  }

  /** The first list is complete. */
  synchronized void synced() {
    synced = true;
    look();
  }

  /** The consumer is stopped: the next list is a first one again. */
  synchronized void stopped() {
    synced = false;
    watching = false;
    gapLogged = false;
    error = null;
    changed();
  }

  private void changed() {
    since = Instant.now();
    sinceNanos = System.nanoTime();
  }

  private Duration unchanged() {
    return Duration.ofNanos(System.nanoTime() - sinceNanos);
  }

  /** Compares the watch with what was last seen of it; called about once a second. */
  synchronized void look() {
    boolean now = informerWatches.getAsBoolean();
    if (now != watching) {
      watching = now;
      if (now && (gapLogged || error != null)) {
        LOG.info("{}: watching again after {} s", what, unchanged().toSeconds());
      }
      changed();
    }
    if (now) {
      error = null;
      errorSince = null;
      gapLogged = false;
    } else if (synced && error == null && !gapLogged && unchanged().compareTo(SHORT_GAP) > 0) {
      gapLogged = true;
      LOG.warn("{}: the watch is down, what is known stays in force, will go on trying", what);
    }
    String lack = lack(backlog.get());
    if (lack == null && lacked) {
      LOG.info("{}: the route has taken all that it had failed for or let wait", what);
    } else if (lack != null && !lacked) {
      LOG.warn("{}: {}", what, lack);
    }
    lacked = lack != null;
  }

  /**
   * Returns what the route has not taken and should have, in words; null where there is nothing.
   */
  private String lack(Backlog now) {
    if (now.failing() > 0) {
      int more = now.failing() - now.named().size();
      return String.format(
          Locale.ROOT,
          "the route has failed for %s: %s%s; it is sent again until the route takes it",
          kind,
          String.join(", ", now.named()),
          more > 0 ? " and " + more + " more" : "");
    }
    return now.waited().compareTo(LONGEST_WAIT) > 0
        ? String.format(
            Locale.ROOT,
            "%s %s has waited for the route for %d s, and %d in all wait",
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
    } else if (old.compareTo(maxAge) > 0) {
      builder.down();
      builder.message(
          String.format(
              Locale.ROOT,
              "the view of the API server is %d s old; what is known stays enforced%s",
              old.toSeconds(),
              error == null ? "" : ": " + error));
    } else {
      builder.up();
    }
  }

  /** Status code and message of the API server, or the innermost cause. */
  private static String text(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause.getCause() != null && depth < 20; depth++) {
      if (cause instanceof KubernetesClientException e && e.getCode() > 0) {
        break;
      }
      cause = cause.getCause();
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
