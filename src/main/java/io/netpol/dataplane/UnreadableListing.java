package io.netpol.dataplane;

/**
 * Says that what a tool printed of the kernel is partial or not understood. An exit status of 0
 * proves nothing: {@code iptables-nft-save} ends so, too, where it cannot print a table. Nothing
 * may be concluded from such a listing.
 */
public final class UnreadableListing extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Says what cannot be read.
   *
   * @param subject what was listed, such as {@code table filter (iptables)}
   * @param reason one sentence without a full stop, such as {@code it ends in the middle of a line}
   * @param remedy what the operator can do; empty where nothing is known
   */
  public UnreadableListing(String subject, String reason, String remedy) {
    super(subject + " cannot be read: " + reason + (remedy.isEmpty() ? "" : "; " + remedy));
  }
}
