package io.netpol.route;

import io.netpol.index.Cluster;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import io.netpol.net.Quote;
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
 * Says whether the cluster has a Node of the name that the agent was given.
 *
 * <p>With a wrong name no Pod is local, and everything that is enforced would look like remains. So
 * nothing is concluded, and nothing written, before a Node or a Pod of this node was seen.
 */
public final class NodePresence {

  private static final Logger LOG = LoggerFactory.getLogger(NodePresence.class);

  /** That the Node is still not there is repeated no more often. */
  private static final Duration REPEAT = Duration.ofMinutes(5);

  /** Names that may be meant, in the message. */
  private static final int MAX_NAMED = 3;

  private final Cluster cluster;
  private final Supplier<Set<IpAddress>> ownAddresses;
  private boolean seen;
  private boolean nodeSeen;
  private String lack;
  private long warned;

  /**
   * Nothing was seen yet.
   *
   * @param ownAddresses the addresses of the machine that the agent is on, as of now
   */
  public NodePresence(Cluster cluster, Supplier<Set<IpAddress>> ownAddresses) {
    this.cluster = cluster;
    this.ownAddresses = ownAddresses;
  }

  /**
   * Whether a Node or a Pod of this node was ever seen; a Pod is looked for once all are listed.
   */
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
   * What is lacking, in words; null where the Node is there, or not all kinds are listed yet. It is
   * logged when it is new, and from time to time.
   */
  public synchronized String lack() {
    boolean lacks = cluster.isListed() && !isThere();
    if (!lacks) {
      if (lack != null) {
        LOG.info("the Node {} is there", Quote.quote(cluster.nodeName()));
      }
      lack = null;
      return null;
    }
    if (lack == null || System.nanoTime() - warned > REPEAT.toNanos()) {
      lack = words(); // walks over all pods
      warned = System.nanoTime();
      LOG.warn("{}", lack);
    }
    return lack;
  }

  private String words() {
    String name = Quote.quote(cluster.nodeName());
    List<ObjectKey> pods = cluster.localPods();
    if (nodeSeen || !pods.isEmpty()) {
      return String.format(
          Locale.ROOT,
          "%s: the rules of its Pods (%d) stay, and its pod ranges are no longer guarded (%s)",
          nodeSeen ? "the Node " + name + " is gone" : "there is no Node " + name,
          pods.size(),
          Setting.UNPROGRAMMED.property());
    }
    List<String> near = near();
    String words =
        "there is no Node %s and no Pod on it, so nothing is written, and policies that are new are"
            + " not enforced on this machine; set %s (%s) to the name of its Node, in a cluster by"
            + " the downward API (fieldPath: spec.nodeName)%s";
    return String.format(
        Locale.ROOT,
        words,
        name,
        Setting.NODE.variable(),
        Setting.NODE.property(),
        near.isEmpty() ? "" : "; Pods are on " + String.join(", ", near));
  }

  /**
   * Names of Nodes that may be meant: first those of Pods on the host network that have an address
   * of this machine, then those that begin like the name.
   */
  private List<String> near() {
    Set<IpAddress> own;
    try {
      own = ownAddresses.get();
    } catch (IllegalStateException e) {
      own = Set.of(); // this is only to help
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

  /** The name as far as its first dot: a host's own name where the rest is its domain. */
  private static String first(String name) {
    int dot = name.indexOf('.');
    return (dot < 0 ? name : name.substring(0, dot)).toLowerCase(Locale.ROOT);
  }
}
