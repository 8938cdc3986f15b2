package io.netpol.route;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;

/**
 * A piece of work that could not be applied, as it is written to a file.
 *
 * @param id the name of its file, without {@code .json}; ends in a digest that may stand for it
 * @param pods the pods it was for, as {@code namespace/name}
 * @param sets the pods that a set was to hold, in words; empty for a pod
 * @param policies the policies that select the pods
 * @param causes the objects whose events made the work due
 * @param tool the tool that refused it; null where it did not come to that
 * @param payload what the tool was given; of a long payload the lines around the failing one
 * @param payloadCut which lines {@code payload} holds; null where it is whole
 * @param exitStatus the tool's exit status; null where it was not run to its end
 * @param stderr what the tool said
 * @param lineNumber which line of the whole payload the tool complained of, from 1; null where it
 *     named none
 * @param line the text of that line
 * @param linePolicies the policies whose rule that line is, or which use the set that it is about
 * @param error what went wrong, in one line
 * @param state what became of the pods
 * @param attempts how often it was tried, each time with its retries
 * @param first when it failed first
 * @param last when it failed last
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record DeadLetter(
    String id,
    List<String> pods,
    List<String> sets,
    List<String> policies,
    List<String> causes,
    String tool,
    String payload,
    String payloadCut,
    Integer exitStatus,
    String stderr,
    Integer lineNumber,
    String line,
    List<String> linePolicies,
    String error,
    State state,
    int attempts,
    Instant first,
    Instant last) {

  private static final int MAX_LINE = 300;
  private static final int MAX_POLICIES = 5;

  /** What is enforced for the pods of a letter. */
  public enum State {
    /** The rules that they had before. */
    LAST_RULES,
    /** What the kernel had: the tool itself failed, so nobody could tell it anything. */
    UNCHANGED,
    /** Nothing passes: there never were rules that worked. */
    CLOSED
  }

  public DeadLetter {
    pods = pods == null ? List.of() : List.copyOf(pods);
    sets = sets == null ? List.of() : List.copyOf(sets);
    policies = policies == null ? List.of() : List.copyOf(policies);
    causes = causes == null ? List.of() : List.copyOf(causes);
    linePolicies = linePolicies == null ? List.of() : List.copyOf(linePolicies);
  }

  /** The same without what makes it long; what the agent remembers of it. */
  public DeadLetter summary() {
    return new DeadLetter(
        id,
        pods,
        sets,
        policies,
        causes,
        tool,
        null,
        null,
        exitStatus,
        null,
        lineNumber,
        line,
        linePolicies,
        error,
        state,
        attempts,
        first,
        last);
  }

  /**
   * Why it could not be applied, in one line: the error, the line that the tool complained of, and
   * the policies behind it.
   */
  public String reason() {
    return reason(error, lineNumber, line, linePolicies.isEmpty() ? policies : linePolicies);
  }

  /** The same of what is no letter. */
  static String reason(String error, Integer lineNumber, String line, List<String> policies) {
    StringBuilder reason = new StringBuilder(error == null ? "unknown" : error);
    if (line != null) {
      String start = line.length() <= MAX_LINE ? line : line.substring(0, MAX_LINE - 1) + "…";
      reason.append("; line ").append(lineNumber).append(" is: ").append(start);
    }
    if (!policies.isEmpty()) {
      int more = policies.size() - MAX_POLICIES;
      reason
          .append("; of ")
          .append(policies.size() == 1 ? "policy " : "policies ")
          .append(String.join(", ", more > 0 ? policies.subList(0, MAX_POLICIES) : policies))
          .append(more > 0 ? " and " + more + " more" : "");
    }
    return reason.toString();
  }

  /** Whether it failed by the tool, which hangs or is missing, and nobody refused the payload. */
  public boolean toolFailed() {
    return state == State.UNCHANGED;
  }

  /** What it is about, in one line: its pods, else its sets, else the tool. */
  public String subject() {
    List<String> named = pods.isEmpty() ? sets : pods;
    return switch (named.size()) {
      case 0 -> "the node";
      case 1 -> named.get(0);
      default -> named.get(0) + " and " + (named.size() - 1) + " more";
    };
  }
}
