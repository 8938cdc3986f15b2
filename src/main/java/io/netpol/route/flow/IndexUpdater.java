package io.netpol.route.flow;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.index.AffectedObjects;
import io.netpol.index.Cluster;
import io.netpol.index.EndOfSnapshot;
import io.netpol.index.ObjectEvent;
import io.netpol.model.Kind;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.model.Problem;
import io.netpol.net.Quote;
import io.netpol.route.NetpolHeaders;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.kubernetes.KubernetesConstants;
import org.apache.camel.support.SynchronizationAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Updates the index with the object of an event, and replaces the message body by the keys of this
 * node that the event affects. Thread-safe: each source calls it on a thread of its own.
 */
public final class IndexUpdater implements Processor {

  private static final Logger LOG = LoggerFactory.getLogger(IndexUpdater.class);

  /** Most problems of one object that are logged. */
  private static final int MAX_PROBLEMS = 10;

  /** Longest namespace and name in a log line, in characters. */
  private static final int MAX_NAME = 320;

  private final Cluster cluster;
  private final AddressHolders holders;
  private final Dataplane dataplane;
  private final NodePresence node;

  /** Requests of events for which the routes failed after the index was updated; null without. */
  private final AtomicReference<Pending> retained = new AtomicReference<>();

  /** The invalid fields of existing policies. */
  private final Map<ObjectKey, List<Problem>> policyProblems = new ConcurrentHashMap<>();

  /**
   * A request that is still to be reconciled.
   *
   * @param oldestEvent as {@link NetpolHeaders#EVENT_TIME}; null if no event triggered it
   */
  private record Pending(ReconcileRequest request, Long oldestEvent) {
    Pending and(Pending other) {
      return other == null
          ? this
          : new Pending(request.and(other.request), older(oldestEvent, other.oldestEvent));
    }
  }

  /** Whether events were skipped because the node was not seen yet. */
  private volatile boolean skipped;

  private static final Pending NOTHING = new Pending(ReconcileRequest.NONE, null);

  /**
   * Creates the updater; an agent has one.
   *
   * @param holders receives each pod
   * @param dataplane prefetches sets for pods of this node that arrive before all kinds are listed
   * @param node decides whether events are skipped; once the node was seen, everything is pending
   */
  public IndexUpdater(
      Cluster cluster, AddressHolders holders, Dataplane dataplane, NodePresence node) {
    this.cluster = cluster;
    this.holders = holders;
    this.dataplane = dataplane;
    this.node = node;
  }

  @Override
  public void process(Exchange exchange) {
    Message message = exchange.getMessage();
    Object body = message.getBody();
    Long receivedMillis;
    ReconcileRequest affected;
    if (body instanceof EndOfSnapshot end) {
      receivedMillis =
          message.getHeader(KubernetesConstants.KUBERNETES_EVENT_TIMESTAMP, Long.class);
      affected = unlessNodeIsMissing(listed(end.kind(), message));
    } else {
      ObjectEvent event = event(message);
      if (event.kind() == Kind.NETWORK_POLICY) {
        exchange.setVariable(NetpolHeaders.OBJECT, body);
      }
      receivedMillis = event.receivedMillis();
      affected = unlessNodeIsMissing(apply(event, exchange));
    }
    Long eventTime = affected.isEmpty() ? null : nanoTime(receivedMillis);
    Pending before = retained.getAndSet(null);
    Pending all =
        affected.isEmpty() && before == null
            ? NOTHING
            : new Pending(affected, eventTime).and(before);
    ReconcileRequest request = all.request();
    int pending =
        request.isEmpty()
            ? 0
            : request.podKeys().size()
                + request.sets().size()
                + (request.everything().isEmpty() ? 0 : 1);
    message.setHeader(NetpolHeaders.PENDING, pending);
    message.setHeader(NetpolHeaders.DUE, pending);
    message.removeHeader(NetpolHeaders.EVENT_TIME);
    if (all.oldestEvent() != null) {
      message.setHeader(NetpolHeaders.EVENT_TIME, all.oldestEvent());
    }
    if (!request.isEmpty()) {
      keepIfFailed(all, exchange);
    }
    message.setBody(request);
  }

  /**
   * Converts milliseconds since 1970 to {@link System#nanoTime()}, which no clock change affects.
   */
  private static Long nanoTime(Long millis) {
    return millis == null
        ? null
        : System.nanoTime()
            - TimeUnit.MILLISECONDS.toNanos(Math.max(0, System.currentTimeMillis() - millis));
  }

  private static ObjectEvent event(Message message) {
    ObjectEvent event = message.getBody(ObjectEvent.class);
    if (event == null) {
      Object body = message.getBody();
      throw new IllegalArgumentException(
          "the body of an event is not a Kubernetes object: "
              + (body == null ? null : body.getClass().getName()));
    }
    return event;
  }

  /** Returns nothing before the node was seen, and everything once events were skipped for that. */
  private ReconcileRequest unlessNodeIsMissing(ReconcileRequest event) {
    if (event.isEmpty()) {
      return event;
    }
    if (!node.isSeen()) {
      skipped = true;
      node.problem();
      return ReconcileRequest.NONE;
    }
    if (!skipped) {
      return event;
    }
    skipped = false;
    return event.and(ReconcileRequest.of(AffectedObjects.EVERYTHING, "the node"));
  }

  private ReconcileRequest listed(Kind kind, Message message) {
    message.setHeader(NetpolHeaders.PROBLEMS, 0);
    LOG.info("all of kind {} are listed", kind.kubernetesName());
    AffectedObjects change = cluster.listed(kind);
    return change.isEmpty() ? ReconcileRequest.NONE : ReconcileRequest.of(change, "the first list");
  }

  private ReconcileRequest apply(ObjectEvent event, Exchange exchange) {
    ObjectKey key = event.key();
    Kind kind = event.kind();
    Message message = exchange.getMessage();
    message.setHeader(NetpolHeaders.KIND, kind.kubernetesName());
    message.setHeader(NetpolHeaders.NAMESPACE, key.namespace());
    message.setHeader(NetpolHeaders.NAME, key.name());
    AffectedObjects change =
        switch (event.action()) {
          case PUT -> put(event, exchange);
          case DELETE -> cluster.remove(kind, key);
          case KEEP -> AffectedObjects.NONE;
        };
    List<Problem> problems = event.problems();
    if (kind == Kind.POD) {
      holders.update(key, event.uid());
    }
    message.setHeader(NetpolHeaders.PROBLEMS, problems.size());
    if (kind == Kind.NETWORK_POLICY) {
      note(key, problems);
    }
    if (change.isEmpty() && problems.isEmpty()) {
      return ReconcileRequest.NONE;
    }
    String trigger = kind.kubernetesName() + " " + Quote.printable(key.toString(), MAX_NAME);
    log(problems, trigger);
    return change.isEmpty() ? ReconcileRequest.NONE : ReconcileRequest.of(change, trigger);
  }

  private static void log(List<Problem> problems, String trigger) {
    problems.stream().limit(MAX_PROBLEMS).forEach(problem -> LOG.warn("{}", problem));
    if (problems.size() > MAX_PROBLEMS) {
      LOG.warn("{}: {} more problems", trigger, problems.size() - MAX_PROBLEMS);
    }
  }

  private void keepIfFailed(Pending pending, Exchange exchange) {
    exchange
        .getExchangeExtension()
        .addOnCompletion(
            new SynchronizationAdapter() {
              @Override
              public void onFailure(Exchange failed) {
                keep(pending.request(), pending.oldestEvent());
              }
            });
  }

  /** Keeps a request that was not reconciled; the next event makes it pending again. */
  public void keep(ReconcileRequest request, Long oldestEvent) {
    retained.accumulateAndGet(new Pending(request, oldestEvent), (one, other) -> other.and(one));
  }

  private void note(ObjectKey policy, List<Problem> problems) {
    if (problems.isEmpty()) {
      policyProblems.remove(policy);
    } else {
      policyProblems.put(policy, problems.stream().limit(MAX_PROBLEMS).toList());
    }
  }

  /** Returns the invalid fields of a policy's newest version, at most {@value #MAX_PROBLEMS}. */
  public List<Problem> problems(ObjectKey policy) {
    return policyProblems.getOrDefault(policy, List.of());
  }

  /** Returns a request for the whole node with a kernel read; null until all kinds are listed. */
  public ReconcileRequest everything() {
    return isReady() ? ReconcileRequest.everything("resync", dataplane.tools()) : null;
  }

  /**
   * Returns a request for the whole node without a kernel read; null until all kinds are listed.
   */
  public ReconcileRequest wanted() {
    return isReady() ? ReconcileRequest.wanted("resync") : null;
  }

  private boolean isReady() {
    node.problem(); // logs it if the Node is missing
    return cluster.isListed() && node.isSeen();
  }

  private AffectedObjects put(ObjectEvent event, Exchange exchange) {
    Record object = event.object();
    if (object instanceof Pod pod) {
      AffectedObjects change = cluster.put(pod);
      if (!cluster.isListed() && cluster.localPod(event.key()).isPresent()) {
        dataplane.prefetchSets(event.key());
      }
      return change;
    } else if (object instanceof Namespace namespace) {
      return cluster.put(namespace);
    } else if (object instanceof Node node) {
      return cluster.put(node);
    }
    NetworkPolicy policy = (NetworkPolicy) object;
    exchange.setVariable(NetpolHeaders.POLICY, policy);
    return cluster.put(policy);
  }

  /** Returns the older of two {@link System#nanoTime()} values; null only if both are. */
  public static Long older(Long one, Long other) {
    return one == null || other != null && other - one < 0 ? other : one;
  }
}
