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

/** Splits a request that could not be applied, or makes a dead letter of it. */
public final class FailureHandler {

  private static final Logger LOG = LoggerFactory.getLogger(FailureHandler.class);

  /** Most pods, sets or policies that a letter names. */
  private static final int MAX_NAMES = 100;

  /** Longest stderr in a letter, in characters. */
  private static final int MAX_STDERR = 4_000;

  private final ApplyService apply;
  private final DeadLetters deadLetters;
  private final Cluster cluster;
  private final int payloadChars;
  private final Clock clock;

  /**
   * Creates the handler; an agent has one.
   *
   * @param payloadChars the longest payload in a letter, in characters
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
    FailureCause failure = FailureCause.of(apply.dataplane(), state, exception);
    String why =
        DeadLetter.reason(
            failure.error(),
            failure.lineNumber(),
            failure.line(),
            names(policiesOfLine(state, failure).stream()));
    apply.failed(state, why);
    LOG.warn("apply failed: {}", why);
  }

  /** Notes that an attempt failed, before Camel redelivers it. */
  public void noteRetry(Exchange exchange) {
    note(
        exchange.getVariable(ApplyState.VARIABLE, ApplyState.class),
        exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class));
  }

  /** Expands the request to single keys. */
  public ReconcileRequest expand(@Variable(ApplyState.VARIABLE) ApplyState state) {
    return apply.dataplane().expand(state.request());
  }

  /**
   * Returns whether pieces of the request may succeed by themselves. If the tool itself failed,
   * every piece of its family would fail like the whole, and a tool that hangs would hang for each.
   */
  public boolean canBeSplit(
      ReconcileRequest request,
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    return request.families().size() > 1
        || !request.isSingle()
            && !FailureCause.of(apply.dataplane(), state, exception).toolFailed();
  }

  /** Splits the request in halves. */
  public List<ReconcileRequest> halves(ReconcileRequest request) {
    return request.halves();
  }

  /** Makes the dead letter of the request, which stays pending. */
  public DeadLetter letter(
      ReconcileRequest request,
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception) {
    FailureCause failure = FailureCause.of(apply.dataplane(), state, exception);
    String id = id(request);
    Optional<DeadLetter> before = deadLetters.get(id);
    Instant now = clock.instant();
    Optional<PayloadExcerpt> excerpt =
        Optional.ofNullable(failure.payload())
            .map(payload -> PayloadExcerpt.of(payload, failure.lineNumber(), payloadChars));
    DeadLetter letter =
        new DeadLetter(
            id,
            names(request.podKeys().stream().map(ObjectKey::toString)),
            names(request.sets().stream().map(set -> set.peer() + " " + set.family())),
            names(policies(request.podKeys())),
            names(request.triggers().stream()),
            failure.tool(),
            excerpt.map(PayloadExcerpt::text).orElse(null),
            excerpt.map(PayloadExcerpt::lines).orElse(null),
            failure.exitStatus(),
            truncate(failure.stderr(), MAX_STDERR),
            failure.lineNumber() == 0 ? null : failure.lineNumber(),
            truncate(failure.line(), payloadChars),
            names(policiesOfLine(state, failure).stream()),
            truncate(failure.error(), MAX_STDERR),
            state(request, failure),
            before.map(DeadLetter::attempts).orElse(0) + 1,
            before.map(DeadLetter::first).orElse(now),
            now);
    deadLetters.add(letter, request.isSingle() ? request : state.request());
    log(letter, before);
    return letter;
  }

  private DeadLetter.State state(ReconcileRequest request, FailureCause failure) {
    if (failure.toolFailed()) {
      return DeadLetter.State.UNCHANGED;
    }
    boolean quarantined =
        request.pods().stream()
            .anyMatch(
                pod -> deadLetters.isQuarantined(pod) || !apply.dataplane().isProgrammed(pod));
    return quarantined ? DeadLetter.State.CLOSED : DeadLetter.State.LAST_RULES;
  }

  private static void log(DeadLetter letter, Optional<DeadLetter> before) {
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
          case CLOSED -> "its rules were never programmed, so nothing passes";
          case UNCHANGED -> "what was enforced stays enforced";
        },
        letter.reason());
  }

  /** Returns a request for the pods to quarantine; null if they keep the rules applied last. */
  public ReconcileRequest close(@Variable(NetpolHeaders.PIECE) ReconcileRequest request) {
    boolean isQuarantined =
        request.isSingle() && request.pods().stream().anyMatch(deadLetters::isQuarantined);
    return isQuarantined
        ? new ReconcileRequest(request.pods(), Set.of(), Set.of(), Set.of(), request.triggers())
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

  /** Returns the policies of the line that the tool reported. */
  private Set<String> policiesOfLine(ApplyState state, FailureCause failure) {
    if (failure.line() == null) {
      return Set.of();
    }
    return apply.dataplane().policiesBehind(failure.line(), state.plan());
  }

  private static List<String> names(Stream<String> all) {
    return all.sorted().limit(MAX_NAMES).toList();
  }

  private static String truncate(String text, int most) {
    return text == null || text.length() <= most ? text : text.substring(0, most) + "…";
  }

  private static String id(ReconcileRequest request) {
    if (!request.isSingle()) {
      return DeadLetters.id("node " + request.families());
    }
    return request.pods().stream()
        .map(DeadLetters::idOf)
        .findFirst()
        .or(() -> request.sets().stream().map(DeadLetters::idOf).findFirst())
        .orElseGet(() -> DeadLetters.id("node"));
  }
}
