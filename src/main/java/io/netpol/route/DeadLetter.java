package io.netpol.route;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;

/**
 * A piece of work that could not be applied, as it is written to a file.
 *
 * @param id the name of its file, without {@code .json}
 * @param pods the pods it was for, as {@code namespace/name}
 * @param sets the pods that a set was to hold, in words; empty for a pod
 * @param policies the policies that select the pods
 * @param causes the objects whose events made the work due
 * @param tool the tool that refused it; null where it did not come to that
 * @param payload what the tool was given
 * @param exitStatus the tool's exit status; null where it was not run to its end
 * @param stderr what the tool said
 * @param line the line of the payload that the tool complained of; null where it named none
 * @param error what went wrong, in one line
 * @param attempts how often it was tried
 * @param first when it failed first
 * @param last when it failed last
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeadLetter(
    String id,
    List<String> pods,
    List<String> sets,
    List<String> policies,
    List<String> causes,
    String tool,
    String payload,
    Integer exitStatus,
    String stderr,
    String line,
    String error,
    int attempts,
    Instant first,
    Instant last) {}
