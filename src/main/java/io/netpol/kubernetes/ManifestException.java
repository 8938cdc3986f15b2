package io.netpol.kubernetes;

/** Says which file, document and field of a folder of manifests cannot be taken, and why. */
public final class ManifestException extends Exception {

  private static final long serialVersionUID = 1;

  /** The message is {@code file: document n: field: reason}, parts that do not apply left out. */
  public ManifestException(String message) {
    super(message);
  }
}
