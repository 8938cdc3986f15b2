package io.netpol.dataplane;

/**
 * Represents a payload for a tool.
 *
 * @param tool the program that reads it from standard input
 * @param payload never empty; only ASCII
 * @param blockedByListing whether the kernel refuses it while the tool lists
 */
public record Transaction(KernelTool tool, Stage stage, String payload, boolean blockedByListing) {

  /** Names the effect of a payload. */
  public enum Stage {
    /** Creates sets, and adds and removes members. */
    SETS,
    /** Writes chains, as one transaction. */
    CHAINS,
    /** Destroys unused sets. */
    GARBAGE
  }

  /** Returns the number of lines of the payload. */
  public int lines() {
    int lines = 0;
    for (int at = payload.indexOf('\n'); at >= 0; at = payload.indexOf('\n', at + 1)) {
      lines++;
    }
    return lines;
  }

  /** Returns the number of bytes of the payload. */
  public int bytes() {
    return payload.length();
  }

  /** Compares by identity: two payloads may have the same text. */
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
