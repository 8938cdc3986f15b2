package io.netpol.kubernetes.parse;

/**
 * Describes an object, or a part of a file, that is refused and has no effect.
 *
 * @param file the path below the folder, with forward slashes
 * @param document counted from 1; 0 if the file cannot be read at all
 * @param line counted from 1; 0 if unknown
 * @param kind such as {@code NetworkPolicy}; empty if unknown
 * @param namespace of the object; empty if it has none or is unknown
 * @param name of the object, printable; empty if unknown
 * @param field the path in the document; empty for the whole document
 * @param reason what is wrong
 */
public record RefusedObject(
    String file,
    int document,
    int line,
    String kind,
    String namespace,
    String name,
    String field,
    String reason) {

  /** Describes an object whose line, kind and name are not known. */
  public RefusedObject(String file, int document, String field, String reason) {
    this(file, document, 0, "", "", "", field, reason);
  }

  /** Returns this with the line of the object in the file; 0 if it is unknown. */
  public RefusedObject atLine(int known) {
    return new RefusedObject(file, document, known, kind, namespace, name, field, reason);
  }

  /** Returns this with the kind and name of the object, printable; empty where unknown. */
  public RefusedObject of(String itsKind, String itsNamespace, String itsName) {
    return new RefusedObject(file, document, line, itsKind, itsNamespace, itsName, field, reason);
  }

  /** Returns advice for the user. */
  public String advice() {
    if (document == 0) {
      return "fix the file: nothing in it counts here";
    }
    return field.contains("metadata.annotations[netpol.io/")
        ? "correct it: netpol refuses it in files; the API server does not know the annotation"
        : "correct it: an API server refuses it, so nothing of it is enforced, or counts here";
  }

  /** Returns {@code namespace/name}, or only the name; empty if the name is unknown. */
  public String object() {
    return namespace.isEmpty() || name.isEmpty() ? name : namespace + "/" + name;
  }

  /**
   * Returns {@code file: document n: field: reason (NetworkPolicy a/b, line n)}, without empty
   * parts.
   */
  @Override
  public String toString() {
    String who = name.isEmpty() ? "" : (kind + " " + object()).strip();
    String where = line == 0 ? "" : "line " + line;
    String both = who.isEmpty() || where.isEmpty() ? who + where : who + ", " + where;
    return file
        + ": "
        + (document == 0 ? "" : "document " + document + ": ")
        + (field.isEmpty() ? "" : field + ": ")
        + reason
        + (both.isEmpty() ? "" : " (" + both + ")");
  }
}
