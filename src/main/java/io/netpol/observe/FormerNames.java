package io.netpol.observe;

/** Describes metrics that a former name still exports. */
public final class FormerNames {

  private FormerNames() {}

  /**
   * The help text of a metric by its former name.
   *
   * @param name the present name with its unit or suffix, with dots
   */
  public static String description(String name) {
    return "Deprecated: use " + name.replace('.', '_') + "; the next version removes this name";
  }
}
