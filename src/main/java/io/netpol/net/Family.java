package io.netpol.net;

/** Names an address family: IPv4 (RFC 791) or IPv6 (RFC 8200). */
public enum Family {
  IPV4(32),
  IPV6(128);

  private final int bits;

  Family(int bits) {
    this.bits = bits;
  }

  /** Returns the length of an address in bits: 32 or 128. */
  public int bits() {
    return bits;
  }
}
