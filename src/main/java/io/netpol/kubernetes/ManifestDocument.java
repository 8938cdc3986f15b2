package io.netpol.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One document of a manifest file.
 *
 * @param file the path below the folder, with forward slashes
 * @param number counted from 1, empty documents included
 * @param content null for an empty document
 */
record ManifestDocument(String file, int number, JsonNode content) {

  /** Returns the exception that names this document and, where not empty, a field. */
  ManifestException error(String field, String reason) {
    return new ManifestException(new RefusedObject(file, number, field, reason));
  }
}
