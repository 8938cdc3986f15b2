package io.netpol.route;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;

/**
 * Describes a request that could not be applied, as its JSON file has it.
 *
 * @param id the name of the file, without {@code .json}; ends in a digest that commands accept
 *     alone
 * @param pods the pods of the request, as {@code namespace/name}
 * @param sets the peers and families of address sets, in words; empty for a pod
 * @param policies the policies that select the pods
 * @param triggers the objects whose events triggered the sync
 * @param tool the tool that refused the payload; null if none did
 * @param payload the payload; of a long one the lines around the failing line; null without a tool
 * @param payloadCut which lines {@code payload} has; null if it has all
 * @param exitStatus the tool's exit status; null if it never started or was killed
 * @param stderr what the tool printed to stderr; null if no tool ran
 * @param lineNumber the line of the whole payload that the tool reported, from 1; null if it
 *     reported none
 * @param line the text of that line; null without one
 * @param linePolicies the policies whose rule that line is, or which use the set that it changes
 * @param error what went wrong, in one line
 * @param state what is enforced for the pods
 * @param attempts how often the request was tried, each time with its retries
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
    @JsonProperty("causes") List<String> triggers,
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
    /** The pods keep the rules that were applied last. */
    LAST_RULES,
    /** The kernel keeps what it had, because the tool itself failed. */
    UNCHANGED,
    /** The pods are quarantined: no rules were ever applied, so nothing passes. */
    CLOSED
  }

  public DeadLetter {
    pods = pods == null ? List.of() : List.copyOf(pods);
    sets = sets == null ? List.of() : List.copyOf(sets);
    policies = policies == null ? List.of() : List.copyOf(policies);
    triggers = triggers == null ? List.of() : List.copyOf(triggers);
    linePolicies = linePolicies == null ? List.of() : List.copyOf(linePolicies);
  }

  /** Returns the letter without payload and stderr, which the agent does not keep in memory. */
  public DeadLetter summary() {
    return new DeadLetter(
        id,
        pods,
        sets,
        policies,
        triggers,
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
   * Returns why the request could not be applied, in one line: the error, the line that the tool
   * reported, and the policies of that line.
   */
  public String reason() {
    return reason(error, lineNumber, line, linePolicies.isEmpty() ? policies : linePolicies);
  }

  /** Returns the reason of a failure that has no letter; {@code line} may be null. */
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

  /** Returns whether the tool itself failed, by hanging or being missing, and refused nothing. */
  public boolean toolFailed() {
    return state == State.UNCHANGED;
  }

  /** Names its pods, else its sets, else the node, in one line. */
  public String subject() {
    List<String> named = pods.isEmpty() ? sets : pods;
    return switch (named.size()) {
      case 0 -> "the node";
      case 1 -> named.get(0);
      default -> named.get(0) + " and " + (named.size() - 1) + " more";
    };
  }
}
