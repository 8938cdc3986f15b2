package io.netpol.dataplane;

import java.util.Locale;

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

  /** Says what a trace shows: the tool, the stage and the size, and not the payload. */
  @Override
  public String toString() {
    int lines = lines();
    String counted = lines + (lines == 1 ? " line" : " lines");
    String name = stage.name().toLowerCase(Locale.ROOT);
    return tool.id() + ": " + name + ", " + counted + ", " + bytes() + " bytes";
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
