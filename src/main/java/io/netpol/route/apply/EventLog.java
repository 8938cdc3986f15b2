package io.netpol.route.apply;

import com.fasterxml.jackson.databind.util.RawValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.Drift;
import io.netpol.kubernetes.parse.ObjectRevision;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.PolicyClass;
import io.netpol.route.ApplyState;
import io.netpol.route.NetpolHeaders;
import io.netpol.route.deadletter.DeadLetter;
import io.netpol.route.deadletter.DeadLetters;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.apache.camel.component.kubernetes.KubernetesConstants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes what happens as notices to the routes: changed policies, syncs, dead letters, drift.
 *
 * <p>The pipeline puts notices into a queue of the routes and never waits. If the queue is full,
 * notices are lost, and the log says how many. If no route consumes them, they are dropped: after a
 * start there is one for each policy. Thread-safe.
 */
public final class EventLog {

  private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

  private static final Pattern LINE_NUMBER = Pattern.compile("\\bline \\d+");

  /** Most names in one notice. */
  private static final int MOST_NAMES = 100;

  /**
   * One event.
   *
   * @param kind {@code policy}, {@code applied}, {@code dead-letter}, {@code settled} or {@code
   *     drift}
   * @param fields its JSON fields, in order
   */
  public record Notice(String kind, Map<String, Object> fields) {}

  private final DeadLetters deadLetters;
  private final String node;
  private final boolean withSpec;
  private final Clock clock;
  private final BooleanSupplier hasConsumer;
  private final Predicate<Notice> queue;

  /** The error of the notice about a letter, by the letter's id. */
  private final Map<String, String> reportedErrors = new HashMap<>();

  @GuardedBy("this")
  private long lost;

  /**
   * Creates an event log.
   *
   * @param withSpec whether notices of policies have the spec
   * @param hasConsumer whether any route consumes notices; called once all routes are started
   * @param queue takes a notice without waiting; false if it is full
   */
  public EventLog(
      DeadLetters deadLetters,
      String node,
      boolean withSpec,
      Clock clock,
      BooleanSupplier hasConsumer,
      Predicate<Notice> queue) {
    this.deadLetters = deadLetters;
    this.node = node;
    this.withSpec = withSpec;
    this.clock = clock;
    this.hasConsumer = hasConsumer;
    this.queue = queue;
  }

  /** Reports a policy event after the index was updated; the end of a list has no name and none. */
  public void policy(Exchange exchange) {
    var message = exchange.getMessage();
    String name = message.getHeader(NetpolHeaders.NAME, String.class);
    if (name == null) {
      return;
    }
    String namespace = message.getHeader(NetpolHeaders.NAMESPACE, String.class);
    NetworkPolicy policy = exchange.getVariable(NetpolHeaders.POLICY, NetworkPolicy.class);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("policy", new ObjectKey(namespace, name).toString());
    fields.put("action", message.getHeader(KubernetesConstants.KUBERNETES_EVENT_ACTION));
    fields.put("firstList", message.getHeader(NetpolHeaders.FIRST_LIST, false, boolean.class));
    ObjectRevision revision =
        ObjectRevision.of(exchange.getVariable(NetpolHeaders.OBJECT), withSpec);
    putIfKnown(fields, "uid", revision.uid());
    putIfKnown(fields, "resourceVersion", revision.resourceVersion());
    putIfKnown(fields, "generation", revision.generation());
    if (policy != null) {
      PolicyClass found = PolicyClass.of(policy);
      fields.put("type", found.type());
      fields.put("effect", found.effect());
    }
    fields.put("problems", message.getHeader(NetpolHeaders.PROBLEMS));
    fields.put("due", message.getHeader(NetpolHeaders.PENDING));
    if (revision.spec() != null) {
      fields.put("spec", new RawValue(revision.spec()));
    }
    add("policy", "policy " + fields.get("policy") + " " + fields.get("action"), fields);
  }

  private static void putIfKnown(Map<String, Object> fields, String name, Object value) {
    if (value != null) {
      fields.put(name, value);
    }
  }

  /** Reports a sync that delivered something, and the letters that it settled. */
  public void applied(@Variable(ApplyState.VARIABLE) ApplyState state) {
    reportSettled();
    var deliveries = state.plan().transactions();
    if (deliveries.isEmpty()) {
      return;
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("milliseconds", state.took().toMillis());
    Map<String, Integer> lines = new LinkedHashMap<>();
    deliveries.forEach(
        delivery -> lines.merge(delivery.tool().id(), delivery.lines(), Integer::sum));
    fields.put("lines", lines);
    fields.put("causes", names(state.request().triggers()));
    fields.put("pods", names(state.plan().changedPods()));
    add("applied", "applied because of " + state.request().triggers(), fields);
  }

  /**
   * Reports a letter; the same error of the same letter is reported once. The number of the failing
   * line is not part of it, because it depends on what else is in the payload.
   */
  public void letter(DeadLetter letter) {
    synchronized (this) {
      String error =
          LINE_NUMBER.matcher(String.valueOf(letter.error())).replaceAll("line") + letter.line();
      if (error.equals(reportedErrors.put(letter.id(), error))) {
        return;
      }
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("letter", letter.id());
    fields.put("pods", names(letter.pods()));
    fields.put("policies", names(letter.policies()));
    if (letter.policyUnknown() != null) {
      fields.put("policyUnknown", letter.policyUnknown());
      fields.put("candidates", names(letter.candidates()));
    }
    fields.put("state", letter.state().name());
    fields.put("error", letter.error());
    add("dead-letter", letter.subject() + " could not be applied: " + letter.reason(), fields);
  }

  /** Reports letters that were reported before and are gone. */
  private void reportSettled() {
    Set<String> gone;
    synchronized (this) {
      if (reportedErrors.isEmpty()) {
        return;
      }
      gone = Set.copyOf(reportedErrors.keySet());
    }
    Set<String> present =
        deadLetters.letters().stream().map(DeadLetter::id).collect(Collectors.toSet());
    for (String id : gone) {
      if (!present.contains(id)) {
        synchronized (this) {
          reportedErrors.remove(id);
        }
        add("settled", "dead letter " + id + " is settled", Map.of("letter", id));
      }
    }
  }

  /** Reports the drift that a read of the kernel found; nothing if there is none. */
  public void drift(List<Drift> found, @Header(NetpolHeaders.TOOL) String tool) {
    if (!found.isEmpty()) {
      add(
          "drift",
          "somebody else changed " + found.size() + " of our chains, jumps and sets",
          Map.of("tool", tool, "found", names(found)));
    }
  }

  private static List<String> names(Collection<?> all) {
    return all.stream().limit(MOST_NAMES).map(Object::toString).toList();
  }

  private synchronized void add(String kind, String text, Map<String, Object> fields) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("notice", kind);
    all.put("time", clock.instant().toString());
    all.put("node", node);
    all.put("text", "netpol on " + node + ": " + text);
    all.putAll(fields);
    if (!queue.test(new Notice(kind, all))) {
      lost++;
    }
  }

  /** Returns whether any route consumes notices; if not, they are dropped. */
  public synchronized boolean areHeard() {
    boolean isConsumed = hasConsumer.getAsBoolean();
    if (isConsumed && lost > 0) {
      LOG.warn("{} notices were lost: more happened than the routes could take", lost);
    }
    lost = 0;
    return isConsumed;
  }
}
