package io.netpol.iptables;

import io.netpol.policy.Change;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.PodSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is due: keys, no state. What has to be done for them is found when it is done.
 *
 * @param pods local pods whose rules may differ
 * @param sets sets in use whose members differ
 * @param everything whether all of the node is due
 * @param causes the objects whose events made it due, as {@code NetworkPolicy shop/web}
 */
public record Work(Set<ObjectKey> pods, Set<PodSet> sets, boolean everything, Set<String> causes) {

  /** Of more causes only so many are kept: they are for people to read. */
  private static final int MAX_CAUSES = 10;

  public Work {
    pods = Set.copyOf(pods);
    sets = Set.copyOf(sets);
    causes = Set.copyOf(causes);
  }

  /** What a change makes due. */
  public static Work of(Change change, String cause) {
    return new Work(change.pods(), change.sets(), change.everything(), Set.of(cause));
  }

  /** Everything of the node. */
  public static Work everything(String cause) {
    return of(Change.EVERYTHING, cause);
  }

  /** Both. */
  public Work and(Work other) {
    Set<ObjectKey> allPods = new HashSet<>(pods);
    allPods.addAll(other.pods);
    Set<PodSet> allSets = new HashSet<>(sets);
    allSets.addAll(other.sets);
    Set<String> allCauses = new TreeSet<>(causes);
    other.causes.stream()
        .limit(MAX_CAUSES - Math.min(MAX_CAUSES, causes.size()))
        .forEach(allCauses::add);
    return new Work(allPods, allSets, everything || other.everything, allCauses);
  }

  /** Whether it can be split no further. */
  public boolean isSingle() {
    return !everything && pods.size() + sets.size() <= 1;
  }

  /**
   * Two halves; pods come before sets.
   *
   * @throws IllegalStateException if this {@link #isSingle}, or everything
   */
  public List<Work> halves() {
    if (isSingle() || everything) {
      throw new IllegalStateException("cannot be split: " + this);
    }
    List<ObjectKey> podList = new ArrayList<>(new TreeSet<>(pods));
    List<PodSet> setList = new ArrayList<>(sets);
    int half = (podList.size() + setList.size()) / 2;
    int cutPods = Math.min(half, podList.size());
    int cutSets = half - cutPods;
    return List.of(
        new Work(
            Set.copyOf(podList.subList(0, cutPods)),
            Set.copyOf(setList.subList(0, cutSets)),
            false,
            causes),
        new Work(
            Set.copyOf(podList.subList(cutPods, podList.size())),
            Set.copyOf(setList.subList(cutSets, setList.size())),
            false,
            causes));
  }
}
