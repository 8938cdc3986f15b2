package io.netpol.dataplane.render;

import java.util.List;

/**
 * Holds rules that a packet traverses one after the other.
 *
 * @param name starts with {@link Names#PREFIX}
 * @param rules in the order of traversal; may be empty
 */
public record Chain(String name, List<Rule> rules) {

  public Chain {
    rules = List.copyOf(rules);
  }
}
