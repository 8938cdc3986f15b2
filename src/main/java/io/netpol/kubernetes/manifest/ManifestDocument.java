package io.netpol.kubernetes.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.netpol.kubernetes.parse.RefusedObject;

/**
 * Represents one document of a manifest file.
 *
 * @param file the path below the folder, with forward slashes
 * @param number counted from 1, empty documents included
 * @param content null for an empty document
 */
record ManifestDocument(String file, int number, JsonNode content) {

  /** Returns an exception that names this document and, if not empty, a field. */
  ManifestException error(String field, String reason) {
    return new ManifestException(new RefusedObject(file, number, field, reason));
  }
}
