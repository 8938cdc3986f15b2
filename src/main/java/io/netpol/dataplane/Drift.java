package io.netpol.dataplane;

/**
 * Something of ours that was not in the kernel as it was left there.
 *
 * @param what the kind of thing
 * @param name the chain or set, or the chain that must jump to ours
 * @param found in words, how it differs
 */
public record Drift(What what, String name, String found) {

  /** Kinds of things that others may have changed. */
  public enum What {
    CHAIN,
    JUMP,
    SET
  }

  @Override
  public String toString() {
    return name + ": " + found;
  }
}
