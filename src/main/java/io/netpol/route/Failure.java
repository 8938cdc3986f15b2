package io.netpol.route;

import io.netpol.iptables.Delivery;
import io.netpol.iptables.Names;
import io.netpol.iptables.Work;
import io.netpol.policy.Cluster;
import io.netpol.policy.Direction;
import io.netpol.policy.NetworkPolicy;
import io.netpol.policy.ObjectKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.component.exec.ExecException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of work that could not be applied: it is split, or written as a dead letter. */
public final class Failure {

  private static final Logger LOG = LoggerFactory.getLogger(Failure.class);
  private static final Pattern LINE = Pattern.compile("line:? (\\d+)");

  private final Apply apply;
  private final DeadLetters deadLetters;
  private final Cluster cluster;
  private final Clock clock;

  /** One for each agent. */
  public Failure(Apply apply, DeadLetters deadLetters, Cluster cluster, Clock clock) {
    this.apply = apply;
    this.deadLetters = deadLetters;
    this.cluster = cluster;
    this.clock = clock;
  }

  /** Notes that an attempt failed; the next one reads the kernel first. */
  public void note(
      @ExchangeProperty(NetpolHeaders.ATTEMPT) Apply.Running running,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    apply.failed(running);
    LOG.warn("apply failed: {}", message(exception));
  }

  /** The same, before the work is tried again. */
  public void noteRetry(Exchange exchange) {
    note(
        exchange.getProperty(NetpolHeaders.ATTEMPT, Apply.Running.class),
        exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class));
  }

  /** The work, key by key. */
  public Work expand(@ExchangeProperty(NetpolHeaders.WORK) Work work) {
    return apply.dataplane().expand(work);
  }

  /** Whether the work has several pieces, so that those that are good can go in alone. */
  public boolean canBeSplit(Work work) {
    return !work.isSingle();
  }

  /** Two halves of the work. */
  public List<Work> halves(Work work) {
    return work.halves();
  }

  /** The letter to be written; the work stays due. */
  public DeadLetter letter(
      Work work,
      @ExchangeProperty(NetpolHeaders.ATTEMPT) Apply.Running running,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    String id = id(work);
    DeadLetter before = deadLetters.get(id);
    Instant now = clock.instant();
    Optional<Delivery> failed = failedDelivery(running);
    ExecException exec = find(exception, ExecException.class);
    String stderr = exec == null ? null : text(exec);
    DeadLetter letter =
        new DeadLetter(
            id,
            work.podKeys().stream().map(ObjectKey::toString).toList(),
            work.sets().stream().map(set -> set.peer() + " " + set.family()).sorted().toList(),
            policies(work),
            work.causes().stream().sorted().toList(),
            failed.map(delivery -> delivery.tool().command()).orElse(null),
            failed.map(Delivery::payload).orElse(null),
            exec == null ? null : exec.getExitValue(),
            stderr,
            failed.map(delivery -> line(delivery.payload(), stderr)).orElse(null),
            message(exception),
            before == null ? 1 : before.attempts() + 1,
            before == null ? now : before.first(),
            now);
    boolean neverProgrammed =
        work.pods().stream().noneMatch(apply.dataplane()::isProgrammed) && !work.pods().isEmpty();
    deadLetters.add(letter, work, neverProgrammed);
    LOG.error(
        "dead letter {}: {} could not be applied{}: {}",
        id,
        letter.pods().isEmpty() ? letter.sets() : letter.pods(),
        neverProgrammed ? "; it was never programmed and is closed" : "; it keeps its last rules",
        letter.error());
    return letter;
  }

  /** The pods of the letter that must be closed as work; null where they keep their last rules. */
  public Work close(@ExchangeProperty("NetpolSingle") Work work) {
    boolean close = !deadLetters.closed(work.pods()).isEmpty();
    return close ? new Work(work.pods(), Set.of(), Set.of(), work.causes()) : null;
  }

  private static Optional<Delivery> failedDelivery(Apply.Running running) {
    return running == null
        ? Optional.empty()
        : running.attempt().deliveries().stream().filter(d -> !d.isDone()).findFirst();
  }

  private List<String> policies(Work work) {
    TreeSet<String> policies = new TreeSet<>();
    for (ObjectKey key : work.podKeys()) {
      cluster
          .localPod(key)
          .ifPresent(
              pod ->
                  Stream.of(Direction.values())
                      .flatMap(d -> cluster.isolating(pod, d).orElse(List.of()).stream())
                      .map(NetworkPolicy::key)
                      .forEach(policy -> policies.add(policy.toString())));
    }
    return List.copyOf(policies);
  }

  /** The name of the letter's file: the same for the same work, and a plain file name. */
  private static String id(Work work) {
    String key =
        work.pods().isEmpty()
            ? work.sets().stream().map(set -> "set " + set.canonical()).findFirst().orElse("base")
            : "pod " + work.pods().iterator().next();
    String readable = key.replaceAll("[^A-Za-z0-9.-]", "_");
    return readable.substring(0, Math.min(readable.length(), 100)) + "-" + Names.digest(key);
  }

  private static String line(String payload, String stderr) {
    Matcher matcher = LINE.matcher(stderr == null ? "" : stderr);
    if (!matcher.find()) {
      return null;
    }
    int number = Integer.parseInt(matcher.group(1));
    List<String> lines = payload.lines().toList();
    return number >= 1 && number <= lines.size() ? lines.get(number - 1) : null;
  }

  private static String text(ExecException exception) {
    try {
      return exception.getStderr() == null
          ? null
          : new String(exception.getStderr().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return null;
    }
  }

  private static String message(Exception exception) {
    ExecException exec = find(exception, ExecException.class);
    Throwable cause = exec != null ? exec : exception;
    return cause == null ? "unknown" : cause.getClass().getSimpleName() + ": " + cause.getMessage();
  }

  private static <T> T find(Throwable thrown, Class<T> type) {
    int depth = 0;
    for (Throwable t = thrown; t != null && depth < 20; t = t.getCause(), depth++) {
      if (type.isInstance(t)) {
        return type.cast(t);
      }
    }
    return null;
  }
}
