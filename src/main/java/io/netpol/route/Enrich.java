package io.netpol.route;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.netpol.iptables.Work;
import io.netpol.kubernetes.ObjectConverter;
import io.netpol.kubernetes.ReadableObjects;
import io.netpol.kubernetes.Sources;
import io.netpol.policy.Change;
import io.netpol.policy.Cluster;
import io.netpol.policy.Kind;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.Problem;
import io.netpol.policy.Quote;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
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
public final class Enrich implements Processor {

  private static final String DELETED = "DELETED";

  private static final Logger LOG = LoggerFactory.getLogger(Enrich.class);

  /** Of one object in one event that are logged; more would drown what others have. */
  private static final int MAX_PROBLEMS = 10;

  /** In characters, of namespace and name in the log. */
  private static final int MAX_NAME = 320;

  private final Cluster cluster;
  private final Consumer<ObjectKey> expected;

  /** What events made due whose way through the routes failed after the index had taken them in. */
  private final AtomicReference<Lost> lost = new AtomicReference<>();

  /** What was not understood of policies that there are. */
  private final Map<ObjectKey, List<Problem>> policyProblems = new ConcurrentHashMap<>();

  /**
   * Work that is still due.
   *
   * @param since as {@link NetpolHeaders#SINCE}; null where no event told
   */
  private record Lost(Work work, Long since) {
    Lost and(Lost other) {
      return other == null
          ? this
          : new Lost(work.and(other.work), MergeWork.older(since, other.since));
    }
  }

  /**
   * One for each agent.
   *
   * @param expected is told of each pod of this node that comes before all kinds are listed
   */
  public Enrich(Cluster cluster, Consumer<ObjectKey> expected) {
    this.cluster = cluster;
    this.expected = expected;
  }

  @Override
  public void process(Exchange exchange) {
    Message message = exchange.getMessage();
    String action = message.getHeader(KubernetesConstants.KUBERNETES_EVENT_ACTION, String.class);
    Kind kind = kind(message.getHeader(NetpolHeaders.KIND, String.class));
    List<Problem> problems = new ArrayList<>();
    Change change;
    String cause;
    if (Sources.LISTED.equals(action)) {
      LOG.info("all of kind {} are listed", kind.kubernetesName());
      change = cluster.listed(kind);
      cause = "the first list";
    } else {
      if (!(message.getBody() instanceof HasMetadata object)) {
        throw new IllegalArgumentException(
            "the body of an event is no Kubernetes object: "
                + (message.getBody() == null ? null : message.getBody().getClass().getName()));
      }
      ObjectKey key = key(object);
      message.setHeader(NetpolHeaders.NAMESPACE, key.namespace());
      message.setHeader(NetpolHeaders.NAME, key.name());
      change =
          DELETED.equals(action)
              ? cluster.remove(kind, key)
              : put(object, kind, key, problems, exchange);
      cause = kind.kubernetesName() + " " + Quote.printable(key.toString(), MAX_NAME);
    }
    log(problems, cause);
    if (kind == Kind.NETWORK_POLICY && !Sources.LISTED.equals(action)) {
      note(
          new ObjectKey(
              message.getHeader(NetpolHeaders.NAMESPACE, String.class),
              message.getHeader(NetpolHeaders.NAME, String.class)),
          problems);
    }
    message.setHeader(NetpolHeaders.PROBLEMS, problems.size());
    Work event = change.isEmpty() ? Work.NONE : Work.of(change, cause);
    Long heard = message.getHeader(KubernetesConstants.KUBERNETES_EVENT_TIMESTAMP, Long.class);
    Lost due = new Lost(event, event.isEmpty() ? null : heard).and(lost.getAndSet(null));
    Work work = due.work();
    message.setHeader(
        NetpolHeaders.DUE,
        work.isEmpty()
            ? 0
            : work.podKeys().size() + work.sets().size() + (work.everything().isEmpty() ? 0 : 1));
    message.removeHeader(NetpolHeaders.SINCE);
    if (due.since() != null) {
      message.setHeader(NetpolHeaders.SINCE, due.since());
    }
    if (!work.isEmpty()) {
      keepIfLost(due, exchange);
    }
    message.setBody(work);
  }

  private static void log(List<Problem> problems, String cause) {
    if (problems.isEmpty()) {
      return;
    }
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
                lost.accumulateAndGet(due, (one, other) -> other.and(one));
              }
            });
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

  /** All work of this node, reading the kernel included; null while not every kind is listed. */
  public Work everything() {
    return cluster.isListed() ? Work.everything("resync") : null;
  }

  /** All work of this node without reading the kernel; null while not every kind is listed. */
  public Work wanted() {
    return cluster.isListed() ? Work.wanted("resync") : null;
  }

  private Change put(
      HasMetadata object, Kind kind, ObjectKey key, List<Problem> problems, Exchange exchange) {
    ObjectConverter converter = new ObjectConverter(problems::add);
    Optional<Change> change;
    if (object instanceof Pod pod) {
      change = converter.pod(pod).map(cluster::put);
      if (!cluster.isListed() && cluster.localPod(key).isPresent()) {
        expected.accept(key);
      }
    } else if (object instanceof Namespace namespace) {
      change = converter.namespace(namespace).map(cluster::put);
    } else if (object instanceof Node node) {
      change = converter.node(node).map(cluster::put);
    } else {
      Optional<io.netpol.policy.NetworkPolicy> policy =
          converter.networkPolicy((NetworkPolicy) object);
      policy.ifPresent(p -> exchange.setProperty(NetpolHeaders.POLICY, p));
      change = policy.map(cluster::put);
    }
    if (change.isEmpty() && ReadableObjects.whyUnreadable(object.getMetadata()).isPresent()) {
      return Change.NONE; // to forget a policy that was known would open what it closes
    }
    return change.orElseGet(() -> cluster.remove(kind, key));
  }

  private static ObjectKey key(HasMetadata object) {
    String namespace = object.getMetadata() == null ? null : object.getMetadata().getNamespace();
    String name = object.getMetadata() == null ? null : object.getMetadata().getName();
    return new ObjectKey(namespace == null ? "" : namespace, name == null ? "" : name);
  }

  private static Kind kind(String name) {
    for (Kind kind : Kind.values()) {
      if (kind.kubernetesName().equals(name)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "header " + NetpolHeaders.KIND + " is no kind that is watched: " + name);
  }
}
