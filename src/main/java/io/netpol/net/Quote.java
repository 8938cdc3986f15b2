package io.netpol.net;

/** Makes untrusted text fit for a message: printable, quoted, and of limited length. */
public final class Quote {

  /** The length in characters. */
  private static final int MAX_LENGTH = 80;

  private Quote() {}

  /**
   * Returns the text in double quotes, truncated to 80 characters, with '?' for control and
   * non-ASCII characters; {@code null} without quotes for null.
   */
  public static String quote(String text) {
    if (text == null) {
      return "null";
    }
    return '"' + printable(text) + '"';
  }

  /**
   * Returns the text without quotes, truncated to 80 characters, with '?' for control and non-ASCII
   * characters.
   */
  public static String printable(String text) {
    return printable(text, MAX_LENGTH);
  }

  /** Returns the text without quotes, truncated, with '?' for control and non-ASCII characters. */
  public static String printable(String text, int maxLength) {
    String truncated = text.length() > maxLength ? text.substring(0, maxLength) + "..." : text;
    StringBuilder printable = new StringBuilder(truncated.length());
    for (int i = 0; i < truncated.length(); i++) {
      char c = truncated.charAt(i);
      printable.append(c >= ' ' && c < 127 ? c : '?');
    }
    return printable.toString();
  }
}
