package io.netpol.net;

/** Text from outside made fit for a message: quoted, printable, cut to length. */
public final class Quote {

  /** In characters. */
  private static final int MAX_LENGTH = 80;

  private Quote() {}

  /**
   * Returns the text in double quotes; control and non-ASCII characters as '?', long text
   * truncated; null stays.
   */
  public static String quote(String text) {
    if (text == null) {
      return "null";
    }
    return '"' + printable(text, MAX_LENGTH) + '"';
  }

  /**
   * Returns the text without quotes; control and non-ASCII characters as '?', what is longer
   * truncated.
   */
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
