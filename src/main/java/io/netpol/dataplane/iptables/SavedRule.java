package io.netpol.dataplane.iptables;

import io.netpol.dataplane.render.RuleLabel;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Represents a rule as {@code iptables-save} prints it.
 *
 * @param chain the chain of the rule
 * @param text its matches and target; empty for a rule that only counts
 */
record SavedRule(String chain, String text) {

  private static final String APPEND = "-A ";

  /** The words before a chain's name in the output of iptables-save. */
  static final Set<String> BEFORE_CHAINS = Set.of(APPEND, "-j ", "-g ");

  private static final String COMMENT = "-m comment --comment ";

  /** Parses a line that begins with {@code -A} or with counters; empty for any other. */
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

  /** Returns the label in its comment; empty without a comment. */
  Optional<RuleLabel> label() {
    return labelOf(text);
  }

  /**
   * Returns the words of a line, of a rule or for ipset; names of sets and chains are among them.
   */
  static Stream<String> words(String line) {
    return Stream.of(line.split("[ :]"));
  }

  /** Returns the label in the comment of a line with a rule; empty without a comment. */
  static Optional<RuleLabel> labelOf(String line) {
    int option = line.indexOf(COMMENT);
    if (option < 0) {
      return Optional.empty();
    }
    int start = option + COMMENT.length();
    if (!line.startsWith("\"", start)) {
      int end = line.indexOf(' ', start);
      return Optional.of(RuleLabel.parse(line.substring(start, end < 0 ? line.length() : end)));
    }
    StringBuilder comment = new StringBuilder();
    for (int i = start + 1; i < line.length() && line.charAt(i) != '"'; i++) {
      i += line.charAt(i) == '\\' && i + 1 < line.length() ? 1 : 0;
      comment.append(line.charAt(i));
    }
    return Optional.of(RuleLabel.parse(comment.toString()));
  }

  /** Returns the chain or verdict that it jumps or goes to; empty text without one. */
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
