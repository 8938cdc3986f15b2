package io.netpol.kubernetes;

import java.util.Optional;

/** Says what of a folder of manifests cannot be taken, and why. */
public final class ManifestException extends Exception {

  private static final long serialVersionUID = 1;

  private final transient RefusedObject refused;

  /** Something that is no object of a file. */
  public ManifestException(String message) {
    super(message);
    this.refused = null;
  }

  ManifestException(RefusedObject refused) {
    super(refused.toString());
    this.refused = refused;
  }

  /** Returns what is refused; empty where it is nothing in a file. */
  Optional<RefusedObject> refused() {
    return Optional.ofNullable(refused);
  }
}
