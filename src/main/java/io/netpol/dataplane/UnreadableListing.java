package io.netpol.dataplane;

/**
 * Reports that the listing of a tool is incomplete or cannot be parsed. An exit status of 0 proves
 * nothing: {@code iptables-nft-save} returns it even if it cannot print a table. Such a listing
 * must not be used.
 */
public final class UnreadableListing extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param subject what is listed, such as {@code table filter (iptables)}
   * @param reason one sentence without a full stop, such as {@code it ends in the middle of a line}
   * @param remedy what the operator can do; empty if unknown
   */
  public UnreadableListing(String subject, String reason, String remedy) {
    super(subject + " cannot be read: " + reason + (remedy.isEmpty() ? "" : "; " + remedy));
  }
}
