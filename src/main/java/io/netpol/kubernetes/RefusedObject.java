package io.netpol.kubernetes;

/**
 * An object, or a piece of a file, that is refused: nothing of it counts.
 *
 * @param file the path below the folder, with forward slashes
 * @param document counted from 1; 0 where the file cannot be read at all
 * @param line counted from 1; 0 where it is not known
 * @param kind as {@code NetworkPolicy}; empty where it is not known
 * @param namespace of the object; empty where it has none or is not known
 * @param name of the object, fit to be printed; empty where it is not known
 * @param field the path in the document; empty where it is the whole
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

  RefusedObject(String file, int document, String field, String reason) {
    this(file, document, 0, "", "", "", field, reason);
  }

  RefusedObject atLine(int known) {
    return new RefusedObject(file, document, known, kind, namespace, name, field, reason);
  }

  RefusedObject of(String itsKind, String itsNamespace, String itsName) {
    return new RefusedObject(file, document, line, itsKind, itsNamespace, itsName, field, reason);
  }

  /** Returns what to do about it. */
  public String advice() {
    if (document == 0) {
      return "mend the file: nothing that it holds counts here";
    }
    return field.contains("metadata.annotations[netpol.io/")
        ? "correct it: netpol refuses it in files; the API server does not know the annotation"
        : "correct it: an API server refuses it, so nothing of it is enforced, or counts here";
  }

  /** {@code namespace/name}, or the name alone; empty where the name is not known. */
  public String object() {
    return namespace.isEmpty() || name.isEmpty() ? name : namespace + "/" + name;
  }

  /** {@code file: document n: field: reason (NetworkPolicy a/b, line n)}, without what is empty. */
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
