package io.netpol.iptables;

import java.util.Optional;

/**
 * A rule as {@code iptables-save} prints it.
 *
 * @param chain the chain that holds it
 * @param text its matches and target; empty for a rule that only counts
 */
record SavedRule(String chain, String text) {

  private static final String APPEND = "-A ";

  /** Reads a line that begins with {@code -A} or with counters; empty for any other. */
  static Optional<SavedRule> read(String line) {
    String rule = line;
    if (rule.startsWith("[")) {
      int end = rule.indexOf("] ");
      rule = end < 0 ? "" : rule.substring(end + 2);
    }
    if (!rule.startsWith(APPEND) || rule.length() == APPEND.length()) {
      return Optional.empty();
    }
    int end = rule.indexOf(' ', APPEND.length());
    return Optional.of(
        end < 0
            ? new SavedRule(rule.substring(APPEND.length()), "")
            : new SavedRule(rule.substring(APPEND.length(), end), rule.substring(end + 1)));
  }

  /** The chain or verdict that it jumps or goes to; empty text where it has none. */
  String target() {
    boolean quoted = false;
    boolean wordStarts = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (wordStarts && !quoted && (text.startsWith("-j ", i) || text.startsWith("-g ", i))) {
        int end = text.indexOf(' ', i + 3);
        return text.substring(i + 3, end < 0 ? text.length() : end);
      }
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"' && (quoted || wordStarts)) {
        quoted = !quoted;
      }
      wordStarts = c == ' ';
    }
    return "";
  }
}
