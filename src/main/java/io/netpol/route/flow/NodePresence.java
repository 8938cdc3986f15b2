package io.netpol.route.flow;

import io.netpol.index.Cluster;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import io.netpol.net.Quote;
import io.netpol.route.settings.Setting;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks whether the cluster has a Node with the agent's node name.
 *
 * <p>With a wrong name no Pod is local, and all rules in the kernel would look orphaned. So the
 * agent writes nothing before it has seen the Node or a Pod of it. Thread-safe.
 */
public final class NodePresence {

  private static final Logger LOG = LoggerFactory.getLogger(NodePresence.class);

  /** How often to log that the Node is still missing. */
  private static final Duration REPEAT = Duration.ofMinutes(5);

  /** Most names of Nodes that the message suggests. */
  private static final int MAX_NAMED = 3;

  private final Cluster cluster;
  private final Supplier<Set<IpAddress>> ownAddresses;
  private boolean seen;
  private boolean nodeSeen;
  private String problem;
  private long warned;

  /**
   * Creates a check that has not seen the Node yet.
   *
   * @param ownAddresses the current addresses of this machine
   */
  public NodePresence(Cluster cluster, Supplier<Set<IpAddress>> ownAddresses) {
    this.cluster = cluster;
    this.ownAddresses = ownAddresses;
  }

  /** Returns whether the Node was ever seen, or a Pod of it once all kinds are listed. */
  synchronized boolean isSeen() {
    if (!seen) {
      seen = isThere() || cluster.isListed() && !cluster.localPods().isEmpty();
    }
    return seen;
  }

  private boolean isThere() {
    boolean there = cluster.node(cluster.nodeName()).isPresent();
    nodeSeen |= there;
    return there;
  }

  /**
   * Returns what is wrong, in words; null if the Node exists or not all kinds are listed yet. Logs
   * a problem when it is new, and every few minutes.
   */
  public synchronized String problem() {
    boolean missing = cluster.isListed() && !isThere();
    if (!missing) {
      if (problem != null) {
        LOG.info("the Node {} is there", Quote.quote(cluster.nodeName()));
      }
      problem = null;
      return null;
    }
    if (problem == null || System.nanoTime() - warned > REPEAT.toNanos()) {
      problem = describe(); // walks over all pods
      warned = System.nanoTime();
      LOG.warn("{}", problem);
    }
    return problem;
  }

  private String describe() {
    String name = Quote.quote(cluster.nodeName());
    List<ObjectKey> pods = cluster.localPods();
    if (nodeSeen || !pods.isEmpty()) {
      return String.format(
          Locale.ROOT,
          "%s: the rules of its Pods (%d) stay in force; its pod ranges are no longer protected (%s)",
          nodeSeen ? "the Node " + name + " is gone" : "there is no Node " + name,
          pods.size(),
          Setting.UNPROGRAMMED.property());
    }
    List<String> candidates = candidates();
    String text =
        "there is no Node %s and no Pod on it, so nothing is written, and new policies are not"
            + " enforced on this machine; set %s (%s) to the name of its Node, in a cluster by"
            + " the downward API (fieldPath: spec.nodeName)%s";
    return String.format(
        Locale.ROOT,
        text,
        name,
        Setting.NODE.variable(),
        Setting.NODE.property(),
        candidates.isEmpty() ? "" : "; Pods are on " + String.join(", ", candidates));
  }

  /**
   * Returns names that may be the right one: first those of Nodes with a Pod on the host network
   * that has an address of this machine, then those with the same first label.
   */
  private List<String> candidates() {
    Set<IpAddress> own;
    try {
      own = ownAddresses.get();
    } catch (IllegalStateException e) {
      own = Set.of(); // the suggestion is optional
    }
    Set<IpAddress> addresses = own;
    Set<String> here = new TreeSet<>();
    Set<String> alike = new TreeSet<>();
    for (Pod pod : cluster.pods()) {
      if (pod.node().isEmpty()) {
        continue;
      }
      if (pod.hostNetwork() && pod.addresses().stream().anyMatch(addresses::contains)) {
        here.add(pod.node());
      } else if (first(pod.node()).equals(first(cluster.nodeName()))) {
        alike.add(pod.node());
      }
    }
    Set<String> all = new LinkedHashSet<>(here);
    all.addAll(alike);
    return all.stream().limit(MAX_NAMED).map(Quote::quote).toList();
  }

  /** Returns the name up to its first dot: the host name without the domain. */
  private static String first(String name) {
    int dot = name.indexOf('.');
    return (dot < 0 ? name : name.substring(0, dot)).toLowerCase(Locale.ROOT);
  }
}
