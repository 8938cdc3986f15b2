package io.netpol.policy;

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
    String cut = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) + "..." : text;
    StringBuilder quoted = new StringBuilder(cut.length() + 2).append('"');
    for (int i = 0; i < cut.length(); i++) {
      char c = cut.charAt(i);
      quoted.append(c >= ' ' && c < 127 ? c : '?');
    }
    return quoted.append('"').toString();
  }
}
