package io.netpol.dataplane;

/** Tells what {@link DataplaneProvider#cleanup} found and did. */
public enum CleanupOutcome {
  /** None of the tools can be run on this host, so nobody knows what the kernel has. */
  UNAVAILABLE,
  /** The kernel has nothing that this agent or an earlier version programmed. */
  NOTHING_FOUND,
  /** Everything that the agent programmed is removed, or would be in a dry run. */
  REMOVED,
  /** Something cannot be read or removed; the messages name it. */
  FAILED
}
