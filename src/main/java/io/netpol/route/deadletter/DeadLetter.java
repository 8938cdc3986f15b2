package io.netpol.route.deadletter;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * Describes a request that could not be applied, as its JSON file has it.
 *
 * @param schemaVersion the version of these fields; {@link LetterSchema} reads former ones
 * @param id the name of the file, without {@code .json}; ends in a digest that commands accept
 *     alone
 * @param node the node of the agent; null in a letter of schema 1
 * @param agentVersion the version of the agent; null in a letter of schema 1
 * @param exchangeId Camel's id of the exchange that failed last; null in a letter of schema 1
 * @param pods the pods of the request, as {@code namespace/name}
 * @param sets the peers and families of address sets, in words; empty for a pod
 * @param policies the failing policies: those whose rule the failing line is, or which use the set
 *     that it changes; empty if they are unknown
 * @param policyUnknown why the failing policy is unknown; null if it is known
 * @param candidates the policies that select the pods; empty if the failing policy is known
 * @param triggers the objects whose events triggered the sync
 * @param tool the tool that refused the payload; null if none did
 * @param payload the payload; of a long one the lines around the failing line; null without a tool
 * @param payloadCut which lines {@code payload} has; null if it has all
 * @param exitStatus the tool's exit status; null if it never started or was killed
 * @param stderr what the tool printed to stderr; null if no tool ran
 * @param lineNumber the line of the whole payload that the tool reported, from 1; null if it
 *     reported none
 * @param line the text of that line; null without one
 * @param error what went wrong, in one line
 * @param state what is enforced for the pods
 * @param attempts how many attempts failed since {@code first}: of batches with the request, of
 *     their halves and of the request alone, retries included
 * @param first when it failed first
 * @param last when it failed last
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record DeadLetter(
    int schemaVersion,
    String id,
    String node,
    String agentVersion,
    String exchangeId,
    List<String> pods,
    List<String> sets,
    List<String> policies,
    String policyUnknown,
    List<String> candidates,
    @JsonProperty("causes") List<String> triggers,
    String tool,
    String payload,
    String payloadCut,
    Integer exitStatus,
    String stderr,
    Integer lineNumber,
    String line,
    String error,
    State state,
    int attempts,
    Instant first,
    Instant last) {

  /** Of what is written now. */
  public static final int SCHEMA_VERSION = 2;

  private static final int MAX_LINE = 300;
  private static final int MAX_POLICIES = 5;

  /** What is enforced for the pods of a letter. */
  public enum State {
    /** The pods keep the rules that were applied last. */
    LAST_RULES,
    /** The kernel keeps what it had, because the tool itself failed. */
    UNCHANGED,
    /** The pods are quarantined: no rules were applied for their addresses, so nothing passes. */
    CLOSED
  }

  public DeadLetter {
    pods = pods == null ? List.of() : List.copyOf(pods);
    sets = sets == null ? List.of() : List.copyOf(sets);
    policies = policies == null ? List.of() : List.copyOf(policies);
    candidates = candidates == null ? List.of() : List.copyOf(candidates);
    triggers = triggers == null ? List.of() : List.copyOf(triggers);
  }

  /** Returns the letter without payload and stderr, which the agent does not keep in memory. */
  public DeadLetter summary() {
    return new DeadLetter(
        schemaVersion,
        id,
        node,
        agentVersion,
        exchangeId,
        pods,
        sets,
        policies,
        policyUnknown,
        candidates,
        triggers,
        tool,
        null,
        null,
        exitStatus,
        null,
        lineNumber,
        line,
        error,
        state,
        attempts,
        first,
        last);
  }

  /**
   * Returns why the request could not be applied, in one line: the error, the line that the tool
   * reported, and the failing policy or its candidates.
   */
  public String reason() {
    return reason(error, lineNumber, line, policies, candidates);
  }

  /** Returns the reason of a failure that has no letter; {@code line} may be null. */
  public static String reason(
      String error,
      Integer lineNumber,
      String line,
      List<String> policies,
      List<String> candidates) {
    StringBuilder reason = new StringBuilder(error == null ? "unknown" : error);
    if (line != null) {
      String start = line.length() <= MAX_LINE ? line : line.substring(0, MAX_LINE - 1) + "…";
      reason.append("; line ").append(lineNumber).append(" is: ").append(start);
    }
    if (!policies.isEmpty()) {
      reason
          .append("; of ")
          .append(policies.size() == 1 ? "policy " : "policies ")
          .append(some(policies));
    } else if (!candidates.isEmpty()) {
      reason
          .append("; the failing policy is not known, ")
          .append(candidates.size() == 1 ? "the only one is " : "it is one of ")
          .append(some(candidates));
    }
    return reason.toString();
  }

  private static String some(List<String> policies) {
    int more = policies.size() - MAX_POLICIES;
    return String.join(", ", more > 0 ? policies.subList(0, MAX_POLICIES) : policies)
        + (more > 0 ? " and " + more + " more" : "");
  }

  /** Returns the failing policies, or the candidates if the failing one is unknown. */
  Stream<String> affectedPolicies() {
    return (policies.isEmpty() ? candidates : policies).stream();
  }

  /** Returns what is enforced for the pods, in words. */
  String enforced() {
    return switch (state) {
      case LAST_RULES -> "its last rules stay";
      case CLOSED -> "nothing passes";
      case UNCHANGED -> "what was enforced stays";
    };
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
