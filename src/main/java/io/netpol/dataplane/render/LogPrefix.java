package io.netpol.dataplane.render;

import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts what is written of a packet that a pod's policies do not allow, so that a reader of the
 * log knows the pod.
 *
 * @param start the words of the setting {@code netpol.log.prefix}
 * @param audited whether the packet passes all the same
 */
public record LogPrefix(String start, boolean audited, Direction direction, ObjectKey pod) {

  /** 30 bits, which no two of a node's pods share by chance. */
  private static final int ID_LENGTH = 6;

  private static final Pattern REST =
      Pattern.compile("( audit)? (ingress|egress) (?:#([a-z2-7]{6})|([^ /]+)/([^ /]+))");

  /**
   * Returns the text; where the pod's name would be cut, the pod's {@link #id} stands there.
   *
   * @param maxLength the characters that the kernel keeps
   */
  public String text(int maxLength) {
    String before = start + (audited ? " audit " : " ") + direction.lowerCase() + " ";
    String named = before + pod;
    return named.length() <= maxLength
        ? RuleLabel.clean(named, maxLength)
        : RuleLabel.clean(before, maxLength - ID_LENGTH - 1) + "#" + id(pod);
  }

  /** Returns the first characters of what ends the names of the pod's chains. */
  public static String id(ObjectKey pod) {
    return Names.podHash(pod).substring(0, ID_LENGTH);
  }

  /**
   * Reads a text that starts a line or a message.
   *
   * @param start the words of the setting
   * @param podOfId returns the pod that has an {@link #id}; empty where no pod has it
   * @return empty where it is none of these texts, or of a pod that nobody knows
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
