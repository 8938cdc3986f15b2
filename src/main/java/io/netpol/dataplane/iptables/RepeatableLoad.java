package io.netpol.dataplane.iptables;

import io.netpol.dataplane.reconcile.SetDiff;
import io.netpol.dataplane.render.Names;

/** Rewrites payloads for an empty kernel so that they replace an earlier load. */
final class RepeatableLoad {

  private static final String IF_ABSENT = " -exist\n";

  private RepeatableLoad() {}

  /**
   * Fills each set under another name and swaps the two: former members are removed, and rules
   * never see a partial set.
   *
   * @param payload the {@code create} lines of sets, each followed by its {@code add} lines
   */
  static String sets(String payload) {
    StringBuilder text = new StringBuilder();
    String set = "";
    for (String line : payload.lines().toList()) {
      String[] words = line.split(" ", 3);
      if (words[0].equals("create")) {
        exchange(set, text);
        set = words[1];
        String next = set + SetDiff.NEXT;
        text.append("create ").append(set).append(' ').append(words[2]).append(IF_ABSENT);
        text.append("create ").append(next).append(' ').append(words[2]).append(IF_ABSENT);
        text.append("flush ").append(next).append('\n');
      } else {
        text.append("add ").append(set + SetDiff.NEXT).append(' ');
        text.append(words[2]).append('\n');
      }
    }
    exchange(set, text);
    return text.toString();
  }

  private static void exchange(String set, StringBuilder text) {
    if (!set.isEmpty()) {
      String next = set + SetDiff.NEXT;
      text.append("swap ").append(next).append(' ').append(set).append('\n');
      text.append("destroy ").append(next).append('\n');
    }
  }

  /**
   * Flushes the entry chain if no packet needs a rule, because an earlier load may have jumped to
   * it.
   */
  static String table(String payload) {
    return payload.isEmpty() ? "*filter\n:" + Names.FORWARD + " - [0:0]\nCOMMIT\n" : payload;
  }
}
