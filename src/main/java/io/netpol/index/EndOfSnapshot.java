package io.netpol.index;

import io.netpol.model.Kind;

/**
 * Marks the end of the initial list of a kind: the source has sent every object that existed when
 * it began.
 *
 * @param kind the kind that is listed
 */
public record EndOfSnapshot(Kind kind) {

  /** Says what a trace shows. */
  @Override
  public String toString() {
    return "end of the list of " + kind.kubernetesName();
  }
}
