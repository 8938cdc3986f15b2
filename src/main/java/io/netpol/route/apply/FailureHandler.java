package io.netpol.route.apply;

import io.netpol.dataplane.ReconcileRequest;
import io.netpol.evaluate.PodPolicy;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.route.ApplyState;
import io.netpol.route.NetpolHeaders;
import io.netpol.route.deadletter.DeadLetter;
import io.netpol.route.deadletter.DeadLetters;
import io.netpol.route.deadletter.PayloadExcerpt;
import io.netpol.route.deadletter.RoundLog;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.camel.Body;
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
  private final Origin origin;
  private final RoundLog round;
  private final Clock clock;

  /**
   * Identifies the agent that writes letters.
   *
   * @param agentVersion as {@code netpol --version} prints it
   */
  public record Origin(String node, String agentVersion) {}

  /**
   * Creates the handler; an agent has one.
   *
   * @param payloadChars the longest payload in a letter, in characters
   * @param round logs what failed, once for each sync
   */
  public FailureHandler(
      ApplyService apply,
      DeadLetters deadLetters,
      Cluster cluster,
      int payloadChars,
      Origin origin,
      RoundLog round,
      Clock clock) {
    this.apply = apply;
    this.deadLetters = deadLetters;
    this.cluster = cluster;
    this.payloadChars = payloadChars;
    this.origin = origin;
    this.round = round;
    this.clock = clock;
  }

  /** Notes that the last attempt failed; the next one, of a piece, reads the kernel first. */
  public void note(Exchange exchange) {
    noteRetry(exchange);
    round.split();
  }

  /** Notes that an attempt failed, before Camel redelivers it; the next one reads the kernel. */
  public void noteRetry(Exchange exchange) {
    ApplyState state = exchange.getVariable(ApplyState.VARIABLE, ApplyState.class);
    Exception exception = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
    FailureCause failure = FailureCause.of(apply.dataplane(), state, exception);
    String why =
        DeadLetter.reason(
            failure.error(),
            failure.lineNumber(),
            failure.line(),
            names(policiesOfLine(state, failure).stream()),
            List.of());
    int before = attempts(exchange);
    if (before == 0) {
      round.begin();
    }
    exchange.setVariable(NetpolHeaders.ATTEMPTS, before + 1);
    apply.failed(state, why);
    round.failed(why);
    LOG.debug("attempt failed: {}", why);
  }

  /** Returns how many attempts failed in this sync; each piece of a split goes on counting. */
  private static int attempts(Exchange exchange) {
    Integer attempts = exchange.getVariable(NetpolHeaders.ATTEMPTS, Integer.class);
    return attempts == null ? 0 : attempts;
  }

  /** Logs what failed in the sync, after its last piece. */
  public void endRound() {
    round.end();
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
      @Body ReconcileRequest request,
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception exception,
      Exchange exchange) {
    FailureCause failure = FailureCause.of(apply.dataplane(), state, exception);
    String id = id(request);
    Optional<DeadLetter> before = deadLetters.get(id);
    Instant now = clock.instant();
    Optional<PayloadExcerpt> excerpt =
        Optional.ofNullable(failure.payload())
            .map(payload -> PayloadExcerpt.of(payload, failure.lineNumber(), payloadChars));
    List<String> failing = names(policiesOfLine(state, failure).stream());
    DeadLetter letter =
        new DeadLetter(
            DeadLetter.SCHEMA_VERSION,
            id,
            origin.node(),
            origin.agentVersion(),
            exchange.getExchangeId(),
            names(request.podKeys().stream().map(ObjectKey::toString)),
            names(request.sets().stream().map(set -> set.peer() + " " + set.family())),
            failing,
            failing.isEmpty() ? failure.whyNoPolicy() : null,
            failing.isEmpty() ? names(policies(request.podKeys())) : List.of(),
            names(request.triggers().stream()),
            failure.tool(),
            excerpt.map(PayloadExcerpt::text).orElse(null),
            excerpt.map(PayloadExcerpt::lines).orElse(null),
            failure.exitStatus(),
            truncate(failure.stderr(), MAX_STDERR),
            failure.lineNumber() == 0 ? null : failure.lineNumber(),
            truncate(failure.line(), payloadChars),
            truncate(failure.error(), MAX_STDERR),
            state(request, failure),
            before.map(DeadLetter::attempts).orElse(0) + attempts(exchange),
            before.map(DeadLetter::first).orElse(now),
            now);
    deadLetters.add(letter, request.isSingle() ? request : state.request());
    round.letter(letter);
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

  /** Returns a request for the pods to quarantine; null if they keep the rules applied last. */
  public ReconcileRequest quarantine(@Variable(NetpolHeaders.PIECE) ReconcileRequest request) {
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
