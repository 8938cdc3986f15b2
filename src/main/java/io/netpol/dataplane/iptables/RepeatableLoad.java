package io.netpol.dataplane.iptables;

import io.netpol.dataplane.ipset.IpSetDiff;
import io.netpol.dataplane.render.Names;

/** Writes payloads for an empty kernel anew so that they replace what an earlier load left. */
final class RepeatableLoad {

  private static final String IF_ABSENT = " -exist\n";

  private RepeatableLoad() {}

  /**
   * Fills each set under another name and exchanges the two: former members go, and rules never see
   * the set without the others.
   *
   * @param payload creations of sets, each followed by its additions
   */
  static String sets(String payload) {
    StringBuilder text = new StringBuilder();
    String set = "";
    for (String line : payload.lines().toList()) {
      String[] words = line.split(" ", 3);
      if (words[0].equals("create")) {
        exchange(set, text);
        set = words[1];
        String next = set + IpSetDiff.NEXT;
        text.append("create ").append(set).append(' ').append(words[2]).append(IF_ABSENT);
        text.append("create ").append(next).append(' ').append(words[2]).append(IF_ABSENT);
        text.append("flush ").append(next).append('\n');
      } else {
        text.append("add ").append(set + IpSetDiff.NEXT).append(' ');
        text.append(words[2]).append('\n');
      }
    }
    exchange(set, text);
    return text.toString();
  }

  private static void exchange(String set, StringBuilder text) {
    if (!set.isEmpty()) {
      String next = set + IpSetDiff.NEXT;
      text.append("swap ").append(next).append(' ').append(set).append('\n');
      text.append("destroy ").append(next).append('\n');
    }
  }

  /** Empties the entry chain where no packet needs a rule, for an earlier load may have led in. */
  static String table(String payload) {
    return payload.isEmpty() ? "*filter\n:" + Names.FORWARD + " - [0:0]\nCOMMIT\n" : payload;
  }
}
