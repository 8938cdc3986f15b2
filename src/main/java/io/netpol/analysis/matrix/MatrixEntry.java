package io.netpol.analysis.matrix;

import io.netpol.evaluate.Verdict;
import java.util.List;

/**
 * Describes which connections from one group to another are allowed.
 *
 * @param state all of it in one word
 * @param allowed the ports that are allowed, in words; empty where none or all are, or groups are
 *     merged
 * @param answers the reasons, those with the most to allow first; empty where groups are merged, or
 *     policies have no say
 */
public record MatrixEntry(State state, String allowed, List<Answer> answers) {

  /** All, some or none. */
  public enum State {
    ALLOWED('+', "allowed"),
    /** All of it passes, but audited policies would deny some, were they enforced. */
    AUDITED('!', "allowed, only audited"),
    SOME('~', "some"),
    DENIED('-', "denied"),
    /** No pod is at either end, or the two cannot connect at all. */
    NONE('.', "no policy has a say");

    private final char mark;
    private final String word;

    State(char mark, String word) {
      this.mark = mark;
      this.word = word;
    }

    /** In a table. */
    public char mark() {
      return mark;
    }

    /** In words. */
    public String word() {
      return word;
    }
  }

  /**
   * What the evaluator said of some ports.
   *
   * @param ports in words
   * @param verdict of two members that stand for all
   */
  public record Answer(String ports, Verdict verdict) {}
}
