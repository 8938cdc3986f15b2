package io.netpol.dataplane.render;

import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Identifies the pod in the log line of a packet that its policies do not allow.
 *
 * @param start the value of the setting {@code netpol.log.prefix}
 * @param audited whether the packet passes, because the policies are in audit mode
 */
public record LogPrefix(String start, boolean audited, Direction direction, ObjectKey pod) {

  /**
   * The length in characters: 30 bits, unique among the pods of a node for all practical purposes.
   */
  private static final int ID_LENGTH = 6;

  private static final Pattern REST =
      Pattern.compile("( audit)? (ingress|egress) (?:#([a-z2-7]{6})|([^ /]+)/([^ /]+))");

  /**
   * Returns the text; it has the pod's {@link #id} if its name does not fit.
   *
   * @param maxLength the number of characters that the kernel keeps
   */
  public String text(int maxLength) {
    String before = start + (audited ? " audit " : " ") + direction.lowerCase() + " ";
    String named = before + pod;
    return named.length() <= maxLength
        ? RuleLabel.clean(named, maxLength)
        : RuleLabel.clean(before, maxLength - ID_LENGTH - 1) + "#" + id(pod);
  }

  /** Returns the first characters of the hash in the names of the pod's chains. */
  public static String id(ObjectKey pod) {
    return Names.podHash(pod).substring(0, ID_LENGTH);
  }

  /**
   * Parses the start of a log line or an NFLOG message.
   *
   * @param start the value of the setting
   * @param podOfId returns the pod with an {@link #id}; empty if there is none
   * @return empty if the text is something else, or the pod is unknown
   */
  public static Optional<LogPrefix> parse(
      String start, String text, Function<String, Optional<ObjectKey>> podOfId) {
    if (!text.startsWith(start)) {
      return Optional.empty();
    }
    Matcher rest = REST.matcher(text.substring(start.length()).stripTrailing());
    if (!rest.matches()) {
      return Optional.empty();
    }
    Optional<ObjectKey> pod =
        rest.group(3) != null
            ? podOfId.apply(rest.group(3))
            : Optional.of(new ObjectKey(rest.group(4), rest.group(5)));
    return pod.map(
        key ->
            new LogPrefix(
                start,
                rest.group(1) != null,
                rest.group(2).equals("ingress") ? Direction.INGRESS : Direction.EGRESS,
                key));
  }
}
