package io.netpol.net;

/** Text from outside made fit for a message: quoted, printable, cut to length. */
public final class Quote {

  /** In characters. */
  private static final int MAX_LENGTH = 80;

  private Quote() {}

  /**
   * The text in double quotes; control and non-ASCII characters as '?', long text cut; null stays.
   */
  public static String quote(String text) {
    if (text == null) {
      return "null";
    }
    return '"' + printable(text, MAX_LENGTH) + '"';
  }

  /** The text without quotes; control and non-ASCII characters as '?', what is longer cut. */
  public static String printable(String text, int maxLength) {
    String cut = text.length() > maxLength ? text.substring(0, maxLength) + "..." : text;
    StringBuilder printable = new StringBuilder(cut.length());
    for (int i = 0; i < cut.length(); i++) {
      char c = cut.charAt(i);
      printable.append(c >= ' ' && c < 127 ? c : '?');
    }
    return printable.toString();
  }
}
