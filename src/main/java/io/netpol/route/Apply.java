package io.netpol.route;

import io.netpol.iptables.Dataplane;
import io.netpol.iptables.Delivery;
import io.netpol.iptables.Tool;
import io.netpol.iptables.Work;
import io.netpol.policy.ObjectKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The steps of an apply: what to read, what to deliver, and what was delivered. */
public final class Apply {

  private static final Logger LOG = LoggerFactory.getLogger(Apply.class);

  /** Destroying unused sets can wait: a few in one pass. */
  private static final int SETS_A_PASS = 8;

  private final Dataplane dataplane;
  private final DeadLetters deadLetters;
  private final Clock clock;
  private volatile Instant lastSuccess;
  private volatile boolean lastGood;

  /** One for each agent. */
  public Apply(Dataplane dataplane, DeadLetters deadLetters, Clock clock) {
    this.dataplane = dataplane;
    this.deadLetters = deadLetters;
    this.clock = clock;
  }

  /**
   * An attempt under way.
   *
   * @param closed the pods that it gives chains which let nothing pass
   * @param start when it began
   */
  public record Running(
      Dataplane.Attempt attempt, Work work, Set<ObjectKey> closed, Instant start) {}

  /** The tools whose state must be read before anything can be written; all where all is due. */
  public List<String> unread(@ExchangeProperty(NetpolHeaders.WORK) Work work) {
    if (work.everything()) {
      dataplane.forget();
    }
    return dataplane.unread().stream().map(Tool::command).toList();
  }

  /** Takes in what a tool printed of the kernel's state. */
  public void read(@Header(NetpolHeaders.TOOL) String tool, String saved) {
    dataplane.read(Tool.valueOf(tool.toUpperCase(Locale.ROOT)), saved == null ? "" : saved);
  }

  /** Looks at what is due as it is now, and finds what must be delivered. */
  public Running render(
      @ExchangeProperty(NetpolHeaders.WORK) Work work,
      @ExchangeProperty(NetpolHeaders.CLOSE) Boolean close) {
    Set<ObjectKey> closed = Boolean.TRUE.equals(close) ? work.pods() : deadLetters.closed(work);
    return new Running(dataplane.attempt(work, closed), work, closed, clock.instant());
  }

  /** The deliveries of the attempt, in order; empty where the kernel has it all. */
  public List<Delivery> deliveries(@ExchangeProperty(NetpolHeaders.ATTEMPT) Running running) {
    return running.attempt().deliveries();
  }

  /** A tool has taken its payload. */
  public void delivered(@ExchangeProperty("NetpolDelivery") Delivery delivery) {
    delivery.done();
  }

  /** All payloads of the attempt were taken. */
  public void applied(@ExchangeProperty(NetpolHeaders.ATTEMPT) Running running) {
    running.attempt().succeeded();
    deadLetters.healed(running.work(), running.closed());
    lastSuccess = clock.instant();
    lastGood = true;
    List<Delivery> deliveries = running.attempt().deliveries();
    if (deliveries.isEmpty()) {
      LOG.debug("nothing differs: {}", running.work().causes());
      return;
    }
    String written =
        deliveries.stream()
            .map(delivery -> delivery.tool().command() + " " + delivery.lines() + " lines")
            .collect(Collectors.joining(", "));
    LOG.info(
        "applied in {} ms: {}; because of {}",
        Duration.between(running.start(), lastSuccess).toMillis(),
        written,
        String.join(", ", running.work().causes()));
  }

  /** An attempt, or the reading before it, failed. */
  void failed(Running running) {
    lastGood = false;
    if (running == null) {
      dataplane.forget();
    } else {
      running.attempt().failed();
    }
  }

  /** Sets that nothing uses any more, one delivery each. */
  public List<Delivery> unused() {
    return dataplane.tidy(SETS_A_PASS);
  }

  /** When an apply succeeded last; empty if none did. */
  public Optional<Instant> lastSuccess() {
    return Optional.ofNullable(lastSuccess);
  }

  /** Whether the last apply succeeded. */
  public boolean isLastGood() {
    return lastGood;
  }

  /** The pods and sets whose work is refused, in words; empty when all is applied. */
  public List<String> refused() {
    return deadLetters.refused();
  }

  /** What is wanted and present. */
  Dataplane dataplane() {
    return dataplane;
  }
}
