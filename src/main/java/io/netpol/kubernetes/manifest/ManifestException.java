package io.netpol.kubernetes.manifest;

import io.netpol.kubernetes.parse.RefusedObject;
import java.util.Optional;

/** Reports that manifests or a cluster cannot be read. The message is fit for users. */
public final class ManifestException extends Exception {

  private static final long serialVersionUID = 1;

  private final transient RefusedObject refused;

  /** Makes an exception that concerns no object of a file. */
  public ManifestException(String message) {
    super(message);
    this.refused = null;
  }

  ManifestException(RefusedObject refused) {
    super(refused.toString());
    this.refused = refused;
  }

  /** Returns the refused object; empty if the exception concerns none. */
  Optional<RefusedObject> refused() {
    return Optional.ofNullable(refused);
  }
}
