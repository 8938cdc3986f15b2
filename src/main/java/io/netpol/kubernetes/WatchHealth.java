package io.netpol.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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
 * <p>Down until the first list is complete, and when the view has grown too old. Up while the API
 * server is away for a short time: what is known goes on being enforced, and the details say how
 * old the view is.
 */
final class WatchHealth extends AbstractHealthCheck {

  private static final Logger LOG = LoggerFactory.getLogger(WatchHealth.class);

  /** Keys named in the details. */
  private static final int MAX_NAMED = 10;

  /** A reconnect that succeeds sooner is not worth a line. */
  private static final Duration SHORT_GAP = Duration.ofSeconds(5);

  private final String what;
  private final BooleanSupplier informerWatches;
  private final Supplier<List<String>> retrying;
  private final Supplier<Duration> age;
  private final Duration maxAge;

  private boolean synced;
  private boolean watching;
  private boolean gapLogged;
  private boolean failuresLogged;
  private Instant since = Instant.now();
  private String error;
  private Instant errorSince;

  /**
   * A check named {@code consumer:what}.
   *
   * @param what the route's id, for the name and the log
   * @param informerWatches asked whether the watch is open
   * @param retrying asked for the keys that the route fails for
   * @param age asked how long ago the view was known to be current
   * @param maxAge how old it may be
   */
  WatchHealth(
      String what,
      BooleanSupplier informerWatches,
      Supplier<List<String>> retrying,
      Supplier<Duration> age,
      Duration maxAge) {
    super("camel", "consumer:" + what);
    this.what = what;
    this.informerWatches = informerWatches;
    this.retrying = retrying;
    this.age = age;
    this.maxAge = maxAge;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  /** A list or watch failed; said once until it works or another error comes. */
  synchronized void failed(Throwable failure) {
    String text = text(failure);
    if (!Objects.equals(error, text)) {
      errorSince = error == null ? Instant.now() : errorSince;
      error = text;
      LOG.warn("{}: cannot list or watch, will go on trying: {}", what, text);
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
    since = Instant.now();
  }

  /** Compares the watch with what was last seen of it; called about once a second. */
  synchronized void look() {
    boolean now = informerWatches.getAsBoolean();
    if (now != watching) {
      watching = now;
      if (now && (gapLogged || error != null)) {
        LOG.info("{}: watching again after {} s", what, age(since));
      }
      since = Instant.now();
    }
    if (now) {
      error = null;
      errorSince = null;
      gapLogged = false;
    } else if (synced
        && error == null
        && !gapLogged
        && since.plus(SHORT_GAP).isBefore(Instant.now())) {
      gapLogged = true;
      LOG.warn("{}: the watch is down, what is known stays in force, will go on trying", what);
    }
    boolean fails = !retrying.get().isEmpty();
    if (failuresLogged && !fails) {
      LOG.info("{}: the route has taken all that it had failed for", what);
    }
    failuresLogged = fails;
  }

  @Override
  protected synchronized void doCall(
      HealthCheckResultBuilder builder, Map<String, Object> options) {
    look();
    List<String> keys = retrying.get();
    builder.detail("synced", synced);
    builder.detail("watching", watching);
    builder.detail("since", since.toString());
    builder.detail("retries", keys.size());
    if (!keys.isEmpty()) {
      builder.detail("retrying", String.join(", ", keys.stream().limit(MAX_NAMED).toList()));
    }
    if (error != null) {
      builder.detail("error", error);
      builder.detail("errorSince", errorSince.toString());
    }
    Duration old = age.get();
    builder.detail("ageSeconds", old.toSeconds());
    if (!synced) {
      builder.down();
      builder.message(error == null ? "the first list is not complete" : error);
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

  private static long age(Instant instant) {
    return Duration.between(instant, Instant.now()).toSeconds();
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
