package io.netpol.route;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.Drift;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.PolicyClass;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.apache.camel.component.kubernetes.KubernetesConstants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what happened: changes of policies, applies, dead letters, drift.
 *
 * <p>The pipeline only puts into a queue of the routes and never waits; where that is full notices
 * are lost, and the log says how many. Where no route listens they go untold: after a start there
 * is one for each policy.
 */
public final class EventLog {

  private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

  /** Names in one notice; more would only be counted by a reader. */
  private static final int MOST_NAMES = 100;

  /**
   * One thing that happened.
   *
   * @param kind {@code policy}, {@code applied}, {@code dead-letter}, {@code settled} or {@code
   *     drift}
   * @param fields what is known of it, to be written as JSON
   */
  public record Notice(String kind, Map<String, Object> fields) {}

  private final DeadLetters deadLetters;
  private final String node;
  private final Clock clock;
  private final BooleanSupplier heard;
  private final Predicate<Notice> queue;

  /** By id of the letter: the error that was told. */
  private final Map<String, String> toldLetters = new HashMap<>();

  @GuardedBy("this")
  private long lost;

  /**
   * Nothing has happened on this node yet.
   *
   * @param heard whether any route listens; asked from when all routes are started
   * @param queue takes a notice without waiting; false where it is full
   */
  public EventLog(
      DeadLetters deadLetters,
      String node,
      Clock clock,
      BooleanSupplier heard,
      Predicate<Notice> queue) {
    this.deadLetters = deadLetters;
    this.node = node;
    this.clock = clock;
    this.heard = heard;
    this.queue = queue;
  }

  /** A policy has gone through the index; the end of their list has no name, and is not told. */
  public void policy(Exchange exchange) {
    var message = exchange.getMessage();
    String name = message.getHeader(NetpolHeaders.NAME, String.class);
    if (name == null) {
      return;
    }
    String namespace = message.getHeader(NetpolHeaders.NAMESPACE, String.class);
    NetworkPolicy policy = exchange.getProperty(NetpolHeaders.POLICY, NetworkPolicy.class);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("policy", new ObjectKey(namespace, name).toString());
    fields.put("action", message.getHeader(KubernetesConstants.KUBERNETES_EVENT_ACTION));
    if (policy != null) {
      PolicyClass found = PolicyClass.of(policy);
      fields.put("type", found.type());
      fields.put("effect", found.effect());
    }
    fields.put("problems", message.getHeader(NetpolHeaders.PROBLEMS));
    fields.put("due", message.getHeader(NetpolHeaders.DUE));
    add("policy", "policy " + fields.get("policy") + " " + fields.get("action"), fields);
  }

  /** An attempt has succeeded; it is told of where something was delivered. */
  public void applied(@Variable(ApplyState.VARIABLE) ApplyState state) {
    settle();
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
    fields.put("causes", names(state.work().causes()));
    fields.put("pods", names(state.work().podKeys()));
    add("applied", "applied because of " + state.work().causes(), fields);
  }

  /** A letter was written; the same failure of the same work is told once. */
  public void letter(DeadLetter letter) {
    synchronized (this) {
      String error = String.valueOf(letter.error());
      if (error.equals(toldLetters.put(letter.id(), error))) {
        return;
      }
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("letter", letter.id());
    fields.put("pods", names(letter.pods()));
    fields.put("policies", names(letter.policies()));
    fields.put("linePolicies", names(letter.linePolicies()));
    fields.put("state", letter.state().name());
    fields.put("error", letter.error());
    add("dead-letter", letter.subject() + " could not be applied: " + letter.reason(), fields);
  }

  /** Letters that were told of and are gone. */
  private void settle() {
    Set<String> gone;
    synchronized (this) {
      if (toldLetters.isEmpty()) {
        return;
      }
      gone = Set.copyOf(toldLetters.keySet());
    }
    Set<String> present =
        deadLetters.letters().stream().map(DeadLetter::id).collect(Collectors.toSet());
    for (String id : gone) {
      if (!present.contains(id)) {
        synchronized (this) {
          toldLetters.remove(id);
        }
        add("settled", "dead letter " + id + " is settled", Map.of("letter", id));
      }
    }
  }

  /** What a reading of the kernel found changed by somebody else; empty most of the time. */
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

  /** Whether any route listens; else notices go untold. */
  public synchronized boolean areHeard() {
    boolean told = heard.getAsBoolean();
    if (told && lost > 0) {
      LOG.warn("{} notices were lost: more happened than could be told", lost);
    }
    lost = 0;
    return told;
  }
}
