package io.netpol.route;

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
 * Takes the object of an event into the index; what it meets on this node becomes the body, as
 * keys.
 */
public final class IndexUpdater implements Processor {

  private static final Logger LOG = LoggerFactory.getLogger(IndexUpdater.class);

  /** Of one object in one event that are logged; more would drown what others have. */
  private static final int MAX_PROBLEMS = 10;

  /** In characters, of namespace and name in the log. */
  private static final int MAX_NAME = 320;

  private final Cluster cluster;
  private final AddressHolders holders;
  private final Dataplane dataplane;
  private final NodePresence node;

  /** What events made due whose way through the routes failed after the index had taken them in. */
  private final AtomicReference<Lost> lost = new AtomicReference<>();

  /** What was not understood of policies that there are. */
  private final Map<ObjectKey, List<Problem>> policyProblems = new ConcurrentHashMap<>();

  /**
   * Work that is still due.
   *
   * @param since as {@link NetpolHeaders#EVENT_TIME}; null where no event told
   */
  private record Lost(ReconcileRequest work, Long since) {
    Lost and(Lost other) {
      return other == null
          ? this
          : new Lost(work.and(other.work), MergeStrategy.older(since, other.since));
    }
  }

  /** Whether events meant nothing because the node was not seen. Of several threads. */
  private volatile boolean heldBack;

  private static final Lost NOTHING = new Lost(ReconcileRequest.NONE, null);

  /**
   * One for each agent.
   *
   * @param holders is told of each pod
   * @param dataplane prefetches sets for pods of this node that come before all kinds are listed
   * @param node nothing is due before the node was seen, and then everything is
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
    Long heardMillis;
    ReconcileRequest event;
    if (body instanceof EndOfSnapshot end) {
      heardMillis = message.getHeader(KubernetesConstants.KUBERNETES_EVENT_TIMESTAMP, Long.class);
      event = unlessHeldBack(listed(end.kind(), message));
    } else {
      ObjectEvent told = event(message);
      heardMillis = told.heardMillis();
      event = unlessHeldBack(taken(told, exchange));
    }
    Long heard = event.isEmpty() ? null : nanoTime(heardMillis);
    Lost before = lost.getAndSet(null);
    Lost due = event.isEmpty() && before == null ? NOTHING : new Lost(event, heard).and(before);
    ReconcileRequest work = due.work();
    message.setHeader(
        NetpolHeaders.DUE,
        work.isEmpty()
            ? 0
            : work.podKeys().size() + work.sets().size() + (work.everything().isEmpty() ? 0 : 1));
    message.removeHeader(NetpolHeaders.EVENT_TIME);
    if (due.since() != null) {
      message.setHeader(NetpolHeaders.EVENT_TIME, due.since());
    }
    if (!work.isEmpty()) {
      keepIfLost(due, exchange);
    }
    message.setBody(work);
  }

  /** When that was by {@link System#nanoTime()}: the clock may be set meanwhile. */
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
          "the body of an event is no Kubernetes object: "
              + (body == null ? null : body.getClass().getName()));
    }
    return event;
  }

  /** What the event makes due; where events were held back until now, everything. */
  private ReconcileRequest unlessHeldBack(ReconcileRequest event) {
    if (event.isEmpty()) {
      return event;
    }
    if (!node.isSeen()) {
      heldBack = true;
      node.lack();
      return ReconcileRequest.NONE;
    }
    if (!heldBack) {
      return event;
    }
    heldBack = false;
    return event.and(ReconcileRequest.of(AffectedObjects.EVERYTHING, "the node"));
  }

  private ReconcileRequest listed(Kind kind, Message message) {
    message.setHeader(NetpolHeaders.PROBLEMS, 0);
    LOG.info("all of kind {} are listed", kind.kubernetesName());
    AffectedObjects change = cluster.listed(kind);
    return change.isEmpty() ? ReconcileRequest.NONE : ReconcileRequest.of(change, "the first list");
  }

  private ReconcileRequest taken(ObjectEvent event, Exchange exchange) {
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
      holders.heard(key, event.uid());
    }
    message.setHeader(NetpolHeaders.PROBLEMS, problems.size());
    if (kind == Kind.NETWORK_POLICY) {
      note(key, problems);
    }
    if (change.isEmpty() && problems.isEmpty()) {
      return ReconcileRequest.NONE;
    }
    String cause = kind.kubernetesName() + " " + Quote.printable(key.toString(), MAX_NAME);
    log(problems, cause);
    return change.isEmpty() ? ReconcileRequest.NONE : ReconcileRequest.of(change, cause);
  }

  private static void log(List<Problem> problems, String cause) {
    problems.stream().limit(MAX_PROBLEMS).forEach(problem -> LOG.warn("{}", problem));
    if (problems.size() > MAX_PROBLEMS) {
      LOG.warn("{}: {} problems more", cause, problems.size() - MAX_PROBLEMS);
    }
  }

  private void keepIfLost(Lost due, Exchange exchange) {
    exchange
        .getExchangeExtension()
        .addOnCompletion(
            new SynchronizationAdapter() {
              @Override
              public void onFailure(Exchange failed) {
                keep(due.work(), due.since());
              }
            });
  }

  /** The work was not done: it is due again with the next event. */
  void keep(ReconcileRequest work, Long since) {
    lost.accumulateAndGet(new Lost(work, since), (one, other) -> other.and(one));
  }

  private void note(ObjectKey policy, List<Problem> problems) {
    if (problems.isEmpty()) {
      policyProblems.remove(policy);
    } else {
      policyProblems.put(policy, problems.stream().limit(MAX_PROBLEMS).toList());
    }
  }

  /** What was not understood of a policy, as it was told last; of many problems the first. */
  public List<Problem> problems(ObjectKey policy) {
    return policyProblems.getOrDefault(policy, List.of());
  }

  /** All work of this node, reading the kernel included; null while not all is known. */
  public ReconcileRequest everything() {
    return isKnown() ? ReconcileRequest.everything("resync", dataplane.tools()) : null;
  }

  /** All work of this node without reading the kernel; null while not all is known. */
  public ReconcileRequest wanted() {
    return isKnown() ? ReconcileRequest.wanted("resync") : null;
  }

  private boolean isKnown() {
    node.lack(); // says so where it is not there
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
    exchange.setProperty(NetpolHeaders.POLICY, policy);
    return cluster.put(policy);
  }
}
