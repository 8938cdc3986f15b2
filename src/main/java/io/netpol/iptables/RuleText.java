package io.netpol.iptables;

import io.netpol.policy.Cidr;
import io.netpol.policy.Direction;
import io.netpol.policy.PortMatch;
import io.netpol.policy.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One rule, written as {@code iptables-save} prints it (without {@code -A CHAIN}), so that what is
 * wanted and what the kernel has can be compared as text.
 */
final class RuleText {

  /** XT_MAX_COMMENT_LEN less the terminating zero (linux/netfilter/xt_comment.h). */
  static final int MAX_COMMENT_LENGTH = 255;

  /** XT_MULTI_PORTS (linux/netfilter/xt_multiport.h): a range takes two. */
  private static final int MAX_PORT_SLOTS = 15;

  /** Its name is known only where there is a list of names, {@code /etc/protocols}. */
  static final String IGMP = "2";

  private static final String IGMP_BY_NAME = "-p igmp ";

  private static final String CUT = "...";

  private String source = "";
  private String destination = "";
  private String input = "";
  private String protocol = "";
  private final List<String> matches = new ArrayList<>();
  private String comment = "";

  static RuleText rule() {
    return new RuleText();
  }

  /**
   * A rule of ours as it is written, whichever way the tool prints a protocol: by its name where
   * the host lists names of protocols, else by its number.
   */
  static String asWritten(String printed) {
    return printed.startsWith(IGMP_BY_NAME)
        ? "-p " + IGMP + " " + printed.substring(IGMP_BY_NAME.length())
        : printed;
  }

  RuleText source(Cidr block) {
    source = block.prefix() == 0 ? "" : "-s " + block;
    return this;
  }

  RuleText destination(Cidr block) {
    destination = block.prefix() == 0 ? "" : "-d " + block;
    return this;
  }

  /** The device that the packet came in by; of one between ports of a bridge, the bridge. */
  RuleText input(String device) {
    input = "-i " + device;
    return this;
  }

  /** The other end of a connection: the source where the pod receives, else the destination. */
  RuleText peer(Direction direction, Cidr block) {
    return direction == Direction.INGRESS ? source(block) : destination(block);
  }

  /** The other end is in the set; with the port in the set, too, where {@code withPort}. */
  RuleText peerSet(Direction direction, String set, boolean withPort) {
    String end = direction == Direction.INGRESS ? "src" : "dst";
    return match("set --match-set " + set + " " + end + (withPort ? "," + end : ""));
  }

  RuleText protocol(Protocol protocol) {
    return protocol(protocol.lowerCase());
  }

  RuleText protocol(String protocol) {
    this.protocol = "-p " + protocol;
    return this;
  }

  /**
   * Any of these destination ports of one protocol, as many as are {@link #fitting}.
   *
   * @param ranges not empty
   */
  RuleText ports(List<PortMatch.Range> ranges) {
    Protocol protocol = ranges.get(0).protocol();
    protocol(protocol);
    String text = ranges.stream().map(RuleText::text).collect(Collectors.joining(","));
    return match(
        ranges.size() == 1
            ? protocol.lowerCase() + " --dport " + text
            : "multiport --dports " + text);
  }

  private static String text(PortMatch.Range range) {
    return range.first() == range.last()
        ? String.valueOf(range.first())
        : range.first() + ":" + range.last();
  }

  /** How many of the first of these ranges one rule can name. */
  static int fitting(List<PortMatch.Range> ranges) {
    int slots = 0;
    int count = 0;
    for (PortMatch.Range range : ranges) {
      slots += range.first() == range.last() ? 1 : 2;
      if (slots > MAX_PORT_SLOTS) {
        break;
      }
      count++;
    }
    return count;
  }

  RuleText match(String match) {
    matches.add("-m " + match);
    return this;
  }

  /** Says what the rule is for; any text is made fit for a comment. */
  RuleText comment(String text) {
    comment = "-m comment --comment \"" + clean(text, MAX_COMMENT_LENGTH) + "\"";
    return this;
  }

  String jump(String target) {
    return text("-j " + target);
  }

  String goTo(String chain) {
    return text("-g " + chain);
  }

  private String text(String target) {
    StringBuilder text = new StringBuilder(160);
    part(source, text);
    part(destination, text);
    part(input, text);
    part(protocol, text);
    matches.forEach(match -> part(match, text));
    part(comment, text);
    return text.append(target).toString();
  }

  private static void part(String part, StringBuilder text) {
    if (!part.isEmpty()) {
      text.append(part).append(' ');
    }
  }

  /**
   * Text from outside that cannot end a quoted string or a line: letters, digits and a few marks
   * stay, everything else is '?'; cut to so many bytes.
   */
  static String clean(String text, int maxLength) {
    int length = Math.min(text.length(), maxLength);
    StringBuilder clean = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      boolean plain =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || " -_./:,=()!+@".indexOf(c) >= 0;
      clean.append(plain ? c : '?');
    }
    if (text.length() > maxLength) {
      clean.replace(maxLength - CUT.length(), maxLength, CUT);
    }
    return clean.toString();
  }
}
