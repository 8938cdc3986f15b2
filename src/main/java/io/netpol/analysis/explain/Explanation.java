package io.netpol.analysis.explain;

import io.netpol.evaluate.NearestRule;
import io.netpol.evaluate.Verdict;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import io.netpol.net.Protocol;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Answers a question about a connection.
 *
 * @param question what was asked
 * @param from who was meant
 * @param to who was meant
 * @param answers at least one; more where families, or the numbers of a named port, differ
 * @param kernel for each pod that the verdict rests on, whether the node's kernel has its rules;
 *     empty where no kernel was asked
 * @param kernelProblem why the kernel could not be read; empty where it was, or was not asked
 */
public record Explanation(
    Question question,
    Party from,
    Party to,
    List<Answer> answers,
    Map<ObjectKey, Kernel> kernel,
    Optional<String> kernelProblem) {

  /** What is told of a connection, from the best to the worst. */
  public enum Outcome {
    ALLOWED,
    /** It is denied unless an address is the own node's, which is probable. */
    UNKNOWN,
    DENIED
  }

  /** Whether the kernel of this node does what the policies say for a pod. */
  public enum Kernel {
    HOLDS("the kernel of this node holds exactly its rules"),
    LACKS("the kernel of this node does NOT hold exactly its rules"),
    UNREAD("the kernel of this node cannot be read"),
    ELSEWHERE("its rules are on another node");

    private final String sentence;

    Kernel(String sentence) {
      this.sentence = sentence;
    }

    /** In words. */
    public String sentence() {
      return sentence;
    }
  }

  /**
   * What holds for some families and one port.
   *
   * @param families those that are treated alike
   * @param addressed false where a pod has no address, so that no family could be told
   * @param protocol null where policies cannot name it
   * @param port 0 where the protocol has none
   * @param nearest by direction, where it is denied and its policies have a rule
   * @param enforced what would hold, were no policy only audited; empty where it is the same
   * @param doubt where it is denied only if an address is not the own node's, and nobody knows
   */
  public record Answer(
      Set<Family> families,
      boolean addressed,
      Protocol protocol,
      int port,
      Verdict verdict,
      Map<Direction, NearestRule> nearest,
      Optional<Verdict> enforced,
      Optional<AddressDoubt> doubt) {

    public Answer {
      Map<Direction, NearestRule> copy = new EnumMap<>(Direction.class);
      copy.putAll(nearest);
      nearest = copy;
    }

    /** Allowed, denied, or not to be told. */
    public Outcome outcome() {
      if (verdict.allowed()) {
        return Outcome.ALLOWED;
      }
      return doubt.filter(AddressDoubt::probable).isPresent() ? Outcome.UNKNOWN : Outcome.DENIED;
    }

    /** Returns whether both say the same, the addresses in the reasons aside. */
    boolean isLike(Answer other) {
      return addressed == other.addressed
          && port == other.port
          && verdict.equals(other.verdict)
          && enforced.equals(other.enforced)
          && doubt.equals(other.doubt)
          && reasons().equals(other.reasons());
    }

    private List<String> reasons() {
      return nearest.entrySet().stream()
          .map(
              e ->
                  e.getKey()
                      + " "
                      + e.getValue().policy()
                      + " "
                      + e.getValue().rule()
                      + " "
                      + e.getValue().peer()
                      + " "
                      + e.getValue().port())
          .toList();
    }
  }

  /** Returns whether all of it is allowed. */
  public boolean allowed() {
    return outcome() == Outcome.ALLOWED;
  }

  /** Denied where some of it is; else unknown where some of it is. */
  public Outcome outcome() {
    return answers.stream()
        .map(Answer::outcome)
        .max(Comparator.naturalOrder())
        .orElse(Outcome.ALLOWED);
  }
}
