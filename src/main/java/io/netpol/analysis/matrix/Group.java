package io.netpol.analysis.matrix;

import java.util.List;

/**
 * Describes one row and column of a matrix: members of one kind, in all but very large clusters
 * treated alike.
 *
 * @param name as it is spoken of: {@code shop/web-1}, {@code shop/web-* (12)}, {@code world}
 * @param kind {@code pods}, {@code nodes} or {@code outside}
 * @param namespace empty where its members are no pods
 * @param members the names of pods, nodes or blocks, in order
 * @param classes the numbers of its equivalence classes
 */
public record Group(
    String name, String kind, String namespace, List<String> members, List<Integer> classes) {

  /** Returns whether it puts together what policies tell apart, to keep a large matrix readable. */
  public boolean isMerged() {
    return classes.size() > 1;
  }

  boolean isPods() {
    return kind.equals("pods");
  }
}
