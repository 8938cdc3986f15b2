package io.netpol.iptables;

/**
 * A payload on its way to a tool.
 *
 * @param tool the program that takes it on standard input
 * @param payload its text; never empty
 * @param effect what the kernel has once the tool has taken it
 */
public record Delivery(Tool tool, String payload, Runnable effect) {

  /** Notes that the tool has taken the payload. */
  public void done() {
    effect.run();
  }

  /** The number of lines of the payload. */
  public int lines() {
    return (int) payload.chars().filter(c -> c == '\n').count();
  }
}
