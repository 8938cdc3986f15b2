package io.netpol.iptables;

import io.netpol.policy.Cluster;
import io.netpol.policy.Direction;
import io.netpol.policy.Family;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.Pod;
import io.netpol.policy.PodSet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What is wanted and what is present in the kernel of this node, and the deliveries that turn the
 * one into the other. One attempt is under way at a time; the methods are for one thread at a time.
 *
 * <p>What an attempt wants becomes what is wanted only when all of it was delivered, so a piece
 * that the kernel refuses never stands in the way of the next.
 */
public final class Dataplane {

  private final Cluster cluster;
  private final PodRenderer renderer;
  private final RenderOptions options;
  private final boolean usesSets;
  private final Present present;
  private Wanted wanted;
  private boolean adopted;

  /** Sets whose difference was asked for, and not delivered. */
  private final Set<PodSet> suspects = new HashSet<>();

  /** Chains of attempts that were delivered in part; those that nobody wants must go. */
  private final Set<String> strays = new HashSet<>();

  private Dataplane(Cluster cluster, RenderOptions options, Present present) {
    this.cluster = cluster;
    this.renderer = new PodRenderer(cluster, options);
    this.options = options;
    this.usesSets = options.peers() == RenderOptions.PeerForm.IPSET;
    this.present = present;
    this.wanted = new Wanted(options);
  }

  /** For a kernel that must be read before anything is written. */
  public static Dataplane unread(Cluster cluster, RenderOptions options) {
    return new Dataplane(cluster, options, new Present());
  }

  /** For a kernel that holds nothing of ours. */
  public static Dataplane empty(Cluster cluster, RenderOptions options) {
    return new Dataplane(cluster, options, Present.empty());
  }

  /** The tools whose view of the kernel must be read before the next attempt. */
  public synchronized List<Tool> unread() {
    Set<Tool> used = new TreeSet<>();
    if (usesSets) {
      used.add(Tool.IPSET);
    }
    options.families().forEach(family -> used.add(Tool.of(family)));
    used.retainAll(present.unread());
    return List.copyOf(used);
  }

  /** Takes in what {@code iptables-save}, {@code ip6tables-save} or {@code ipset save} printed. */
  public synchronized void read(Tool tool, String saved) {
    present.read(tool, saved);
  }

  /** Makes the next attempt read the kernel first. */
  public synchronized void forget() {
    present.forget();
  }

  /** What one round of work asks for. */
  public final class Attempt {
    private final Wanted candidate;
    private final Set<PodSet> compared = new HashSet<>();
    private final List<Delivery> deliveries = new ArrayList<>();

    private Attempt(Wanted candidate) {
      this.candidate = candidate;
    }

    /** To be made in this order; empty where the kernel has it all. */
    public List<Delivery> deliveries() {
      return List.copyOf(deliveries);
    }

    /** All was delivered. */
    public void succeeded() {
      synchronized (Dataplane.this) {
        wanted = candidate;
        strays.clear();
        suspects.removeAll(compared);
        untrackUnused();
      }
    }

    /** Something was not delivered: nobody knows what the kernel has now. */
    public void failed() {
      synchronized (Dataplane.this) {
        suspects.addAll(compared);
        for (Family family : Family.values()) {
          strays.addAll(candidate.chainsOf(family).keySet());
        }
        present.forget();
        untrackUnused();
      }
    }
  }

  /**
   * Looks at everything that is due, as it is now, and finds what has to be delivered.
   *
   * @param closed pods that get chains which let nothing pass, for want of rules that work
   * @throws IllegalStateException if the kernel must be {@link #unread read} first
   */
  public synchronized Attempt attempt(Work work, Set<ObjectKey> closed) {
    if (!unread().isEmpty()) {
      throw new IllegalStateException("the kernel was not read");
    }
    return cluster.consistently(
        () -> {
          adopt();
          Map<ObjectKey, Optional<PodRules>> changes = new TreeMap<>();
          for (ObjectKey key : duePods(work)) {
            Optional<Pod> pod = cluster.localPod(key);
            changes.put(
                key,
                pod.flatMap(
                    p -> closed.contains(key) ? renderer.renderClosed(p) : renderer.render(p)));
          }
          Attempt attempt = new Attempt(wanted.with(changes));
          fill(attempt, work);
          return attempt;
        });
  }

  private Set<ObjectKey> duePods(Work work) {
    Set<ObjectKey> due = new TreeSet<>(work.pods());
    if (work.everything()) {
      due.addAll(cluster.localPods());
      due.addAll(wanted.pods().keySet());
    }
    if (!usesSets) {
      work.sets().forEach(set -> due.addAll(wanted.usersOf(set)));
    }
    return due;
  }

  private void fill(Attempt attempt, Work work) {
    SetDifference sets = new SetDifference(present);
    attempt.candidate.named().forEach(cluster::track);
    for (IpSet set : attempt.candidate.sets().values()) {
      compare(attempt, set, work, sets);
    }
    if (!usesSets) {
      attempt.compared.addAll(work.sets());
      attempt.compared.stream().filter(cluster::isTracked).forEach(cluster::takeTouched);
    }
    List<Delivery> tables = new ArrayList<>();
    for (Family family : options.families()) {
      Set<String> removable = new HashSet<>(strays);
      removable.addAll(
          work.everything() ? present.chains(family).keySet() : wanted.chainsOf(family).keySet());
      TableDifference.between(family, attempt.candidate.chainsOf(family), present, removable)
          .ifPresent(tables::add);
    }
    boolean rulesFollow = !tables.isEmpty();
    sets.before(rulesFollow).ifPresent(attempt.deliveries::add);
    attempt.deliveries.addAll(tables);
    sets.after(rulesFollow).ifPresent(attempt.deliveries::add);
  }

  private void compare(Attempt attempt, IpSet set, Work work, SetDifference sets) {
    boolean unused = !wanted.sets().containsKey(set.name());
    boolean whole = work.everything() || unused || !present.sets().containsKey(set.name());
    if (set.pods().isEmpty()) {
      if (whole) {
        sets.compare(set, set.entries());
      }
      return;
    }
    PodSet pods = set.pods().get();
    if (whole || suspects.contains(pods) && work.sets().contains(pods)) {
      attempt.compared.add(pods);
      cluster.takeTouched(pods);
      sets.compare(set, cluster.members(pods).stream().map(IpSet::text).toList());
    } else if (work.sets().contains(pods)) {
      attempt.compared.add(pods);
      for (PodSet.Member member : new TreeSet<>(cluster.takeTouched(pods))) {
        sets.compare(set, IpSet.text(member), cluster.hasMember(pods, member));
      }
    }
  }

  private void untrackUnused() {
    Set<PodSet> used = wanted.named();
    for (PodSet set : cluster.tracked()) {
      if (!used.contains(set)) {
        cluster.untrack(set);
        suspects.remove(set);
      }
    }
  }

  /**
   * The first look at the kernel: pods whose chains are there have these as their last good rules.
   */
  private void adopt() {
    if (adopted) {
      return;
    }
    adopted = true;
    Map<ObjectKey, Optional<PodRules>> found = new HashMap<>();
    for (ObjectKey key : cluster.localPods()) {
      found.put(key, cluster.localPod(key).flatMap(this::found));
    }
    wanted = wanted.with(found);
  }

  private Optional<PodRules> found(Pod pod) {
    Set<String> words = new HashSet<>();
    Map<Family, Map<String, List<String>>> chains = new EnumMap<>(Family.class);
    for (Family family : Family.values()) {
      for (Direction direction : Direction.values()) {
        String name = Names.podChain(direction, pod.key());
        List<String> rules = present.chains(family).get(name);
        if (rules != null && !pod.addresses(family).isEmpty()) {
          chains.computeIfAbsent(family, f -> new TreeMap<>()).put(name, List.copyOf(rules));
          rules.forEach(rule -> words.addAll(List.of(rule.split(" "))));
        }
      }
    }
    // Sets that these chains use and the pod's policies still name are followed from now on.
    Set<IpSet> sets = new HashSet<>();
    renderer.render(pod).ifPresent(rules -> sets.addAll(rules.sets()));
    sets.removeIf(set -> !words.contains(set.name()));
    Set<PodSet> pods =
        sets.stream().flatMap(set -> set.pods().stream()).collect(Collectors.toSet());
    return PodRules.of(pod, chains, sets, pods);
  }

  /** Whether the pod's rules are in the kernel, or were when it was last known. */
  public synchronized boolean isProgrammed(ObjectKey pod) {
    return wanted.pods().containsKey(pod);
  }

  /** What is due when everything is, key by key, so that it can be split. */
  public synchronized Work expand(Work work) {
    if (!work.everything()) {
      return usesSets ? work : new Work(duePods(work), Set.of(), false, work.causes());
    }
    return cluster.consistently(
        () -> {
          Set<ObjectKey> pods = new HashSet<>(cluster.localPods());
          pods.addAll(wanted.pods().keySet());
          pods.addAll(work.pods());
          Set<PodSet> sets = new HashSet<>(work.sets());
          if (usesSets) {
            sets.addAll(wanted.named());
          } else {
            sets.clear();
          }
          return new Work(pods, sets, false, work.causes());
        });
  }

  /**
   * Destroys sets that nothing uses any more, a few at a time. A set may still be in use for a
   * moment after the last rule went, so it is tried by itself, and again later.
   */
  public synchronized List<Delivery> tidy(int atMost) {
    if (!usesSets || !unread().isEmpty()) {
      return List.of();
    }
    Set<String> inRules = new HashSet<>();
    for (Family family : Family.values()) {
      for (List<String> rules : present.chains(family).values()) {
        rules.forEach(rule -> inRules.addAll(List.of(rule.split(" "))));
      }
    }
    return present.sets().keySet().stream()
        .filter(set -> !wanted.sets().containsKey(set) && !inRules.contains(set))
        .sorted()
        .limit(atMost)
        .map(
            set ->
                new Delivery(Tool.IPSET, "destroy " + set + "\n", () -> present.sets().remove(set)))
        .toList();
  }
}
