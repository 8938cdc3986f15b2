package io.netpol.iptables;

/** A payload on its way to a tool. */
public final class Delivery {

  private final Tool tool;
  private final String payload;
  private final Runnable effect;
  private boolean done;

  /**
   * A payload that is not delivered yet.
   *
   * @param payload never empty
   * @param effect notes what the kernel has once the tool has taken the payload
   */
  Delivery(Tool tool, String payload, Runnable effect) {
    this.tool = tool;
    this.payload = payload;
    this.effect = effect;
  }

  /** The program that takes the payload on its standard input. */
  public Tool tool() {
    return tool;
  }

  /** The text; never empty. */
  public String payload() {
    return payload;
  }

  /** Notes that the tool has taken the payload. */
  public void done() {
    effect.run();
    done = true;
  }

  /** Whether the tool has taken the payload. */
  public boolean isDone() {
    return done;
  }

  /** The number of lines of the payload. */
  public int lines() {
    return (int) payload.chars().filter(c -> c == '\n').count();
  }
}
