package io.netpol.route;

import io.netpol.dataplane.ReconcileRequest;
import io.netpol.evaluate.PodPolicy;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of work that could not be applied: it is split, or written as a dead letter. */
public final class FailureHandler {

  private static final Logger LOG = LoggerFactory.getLogger(FailureHandler.class);

  /** Of the pods and policies of a letter only so many are named; the first tell what it is. */
  private static final int MAX_NAMES = 100;

  /** Of what a tool said, more than this helps nobody. */
  private static final int MAX_STDERR = 4_000;

  private final ApplyService apply;
  private final DeadLetters deadLetters;
  private final Cluster cluster;
  private final int payloadChars;
  private final Clock clock;

  /**
   * One for each agent.
   *
   * @param payloadChars how much of a payload goes into a letter
   */
  public FailureHandler(
      ApplyService apply, DeadLetters deadLetters, Cluster cluster, int payloadChars, Clock clock) {
    this.apply = apply;
    this.deadLetters = deadLetters;
    this.cluster = cluster;
    this.payloadChars = payloadChars;
    this.clock = clock;
  }

  /** Notes that an attempt failed; the next one reads the kernel first. */
  public void note(
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    FailureCause refusal = FailureCause.of(apply.dataplane(), state, exception);
    String why =
        DeadLetter.reason(
            refusal.error(),
            refusal.lineNumber(),
            refusal.line(),
            names(behind(state, refusal).stream()));
    apply.failed(state, why);
    LOG.warn("apply failed: {}", why);
  }

  /** The same, before the work is tried again. */
  public void noteRetry(Exchange exchange) {
    note(
        exchange.getVariable(ApplyState.VARIABLE, ApplyState.class),
        exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class));
  }

  /** The work, key by key. */
  public ReconcileRequest expand(@Variable(ApplyState.VARIABLE) ApplyState state) {
    return apply.dataplane().expand(state.work());
  }

  /**
   * Whether pieces of the work can go in alone. Where the tool itself is at fault, all of a family
   * would fail like the whole, and a tool that hangs would do so for each piece.
   */
  public boolean canBeSplit(
      ReconcileRequest work,
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    return work.families().size() > 1
        || !work.isSingle() && !FailureCause.of(apply.dataplane(), state, exception).ofTheTool();
  }

  /** Two halves of the work. */
  public List<ReconcileRequest> halves(ReconcileRequest work) {
    return work.halves();
  }

  /** The letter to be written; the work stays due. */
  public DeadLetter letter(
      ReconcileRequest work,
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    FailureCause refusal = FailureCause.of(apply.dataplane(), state, exception);
    String id = id(work);
    Optional<DeadLetter> before = deadLetters.get(id);
    Instant now = clock.instant();
    Optional<PayloadExcerpt> excerpt =
        Optional.ofNullable(refusal.payload())
            .map(payload -> PayloadExcerpt.of(payload, refusal.lineNumber(), payloadChars));
    DeadLetter letter =
        new DeadLetter(
            id,
            names(work.podKeys().stream().map(ObjectKey::toString)),
            names(work.sets().stream().map(set -> set.peer() + " " + set.family())),
            names(policies(work.podKeys())),
            names(work.causes().stream()),
            refusal.tool(),
            excerpt.map(PayloadExcerpt::text).orElse(null),
            excerpt.map(PayloadExcerpt::cut).orElse(null),
            refusal.exitStatus(),
            cut(refusal.stderr(), MAX_STDERR),
            refusal.lineNumber() == 0 ? null : refusal.lineNumber(),
            cut(refusal.line(), payloadChars),
            names(behind(state, refusal).stream()),
            cut(refusal.error(), MAX_STDERR),
            state(work, refusal),
            before.map(DeadLetter::attempts).orElse(0) + 1,
            before.map(DeadLetter::first).orElse(now),
            now);
    deadLetters.add(letter, work.isSingle() ? work : state.work());
    tell(letter, before);
    return letter;
  }

  private DeadLetter.State state(ReconcileRequest work, FailureCause refusal) {
    if (refusal.ofTheTool()) {
      return DeadLetter.State.UNCHANGED;
    }
    boolean closed =
        work.pods().stream()
            .anyMatch(pod -> deadLetters.isClosed(pod) || !apply.dataplane().isProgrammed(pod));
    return closed ? DeadLetter.State.CLOSED : DeadLetter.State.LAST_RULES;
  }

  private static void tell(DeadLetter letter, Optional<DeadLetter> before) {
    if (before.isPresent() && letter.error().equals(before.get().error())) {
      LOG.debug("dead letter {} again, the {}th time", letter.id(), letter.attempts());
      return;
    }
    LOG.error(
        "dead letter {}: {} could not be applied; {}: {}",
        letter.id(),
        letter.subject(),
        switch (letter.state()) {
          case LAST_RULES -> "it keeps its last rules";
          case CLOSED -> "it was never programmed and is closed";
          case UNCHANGED -> "what was enforced stays enforced";
        },
        letter.reason());
  }

  /** The pods of the letter that must be closed as work; null where they keep their last rules. */
  public ReconcileRequest close(@Variable(NetpolHeaders.PIECE) ReconcileRequest work) {
    boolean close = work.isSingle() && work.pods().stream().anyMatch(deadLetters::isClosed);
    return close
        ? new ReconcileRequest(work.pods(), Set.of(), Set.of(), Set.of(), work.causes())
        : null;
  }

  private Stream<String> policies(Collection<ObjectKey> pods) {
    TreeSet<String> policies = new TreeSet<>();
    for (ObjectKey key : pods) {
      cluster
          .localPod(key)
          .ifPresent(
              pod ->
                  Stream.of(Direction.values())
                      .flatMap(d -> PodPolicy.of(cluster, pod, d).policies().stream())
                      .forEach(policy -> policies.add(policy.toString())));
    }
    return policies.stream();
  }

  /** The policies behind the line that the tool complained of. */
  private Set<String> behind(ApplyState state, FailureCause refusal) {
    if (refusal.line() == null) {
      return Set.of();
    }
    return apply.dataplane().policiesBehind(refusal.line(), state.plan());
  }

  private static List<String> names(Stream<String> all) {
    return all.sorted().limit(MAX_NAMES).toList();
  }

  private static String cut(String text, int most) {
    return text == null || text.length() <= most ? text : text.substring(0, most) + "…";
  }

  private static String id(ReconcileRequest work) {
    if (!work.isSingle()) {
      return DeadLetters.id("node " + work.families());
    }
    return work.pods().stream()
        .map(DeadLetters::idOf)
        .findFirst()
        .or(() -> work.sets().stream().map(DeadLetters::idOf).findFirst())
        .orElseGet(() -> DeadLetters.id("node"));
  }
}
