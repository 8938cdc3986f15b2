package io.netpol.dataplane;

import io.netpol.dataplane.iptables.Dataplane;

/** A payload on its way to a tool. */
public final class Transaction {

  /** What a payload does to the kernel. */
  public enum Stage {
    /** Makes sets, and adds and removes members. */
    SETS,
    /** Writes chains, as one transaction. */
    CHAINS,
    /** Destroys sets that nothing uses any more. */
    TIDY
  }

  private final KernelTool tool;
  private final Stage stage;
  private final String payload;
  private final int lines;
  private final Runnable effect;
  private volatile boolean done;

  /**
   * A payload that is not delivered yet.
   *
   * @param payload never empty
   * @param effect notes what the kernel has once the tool has taken the payload
   */
  public Transaction(KernelTool tool, Stage stage, String payload, Runnable effect) {
    this.tool = tool;
    this.stage = stage;
    this.payload = payload;
    this.lines = count(payload);
    this.effect = effect;
  }

  /** The program that takes the payload on its standard input. */
  public KernelTool tool() {
    return tool;
  }

  /** What the payload does. */
  public Stage stage() {
    return stage;
  }

  /** The text; never empty. */
  public String payload() {
    return payload;
  }

  /** Whether it exchanges or destroys sets, which the kernel refuses while it lists them. */
  public boolean needsSetsAlone() {
    return tool == KernelTool.IPSET
        && (payload.startsWith("destroy ")
            || payload.contains("\ndestroy ")
            || payload.contains("\nswap "));
  }

  /** Notes that the tool has taken the payload; under the lock of its {@link Dataplane}. */
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
    return lines;
  }

  private static int count(String text) {
    int lines = 0;
    for (int at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      lines++;
    }
    return lines;
  }

  /** The number of bytes of the payload, all of which are ASCII. */
  public int bytes() {
    return payload.length();
  }
}
