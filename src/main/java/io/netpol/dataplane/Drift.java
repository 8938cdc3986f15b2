package io.netpol.dataplane;

/**
 * Describes a chain, jump or set that others changed since the agent wrote it.
 *
 * @param what the kind of thing
 * @param name the chain or set; for a jump, the base chain that must have it
 * @param found how it differs, as a clause
 */
public record Drift(What what, String name, String found) {

  /** Names the kind of object that others changed. */
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
