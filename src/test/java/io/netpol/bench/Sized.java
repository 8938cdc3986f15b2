package io.netpol.bench;

/**
 * What something of a certain size took.
 *
 * @param size in words
 * @param what in words, at most 37 characters
 * @param agent milliseconds of the agent
 * @param bare milliseconds of the bare tools
 * @param written lines that the agent wrote
 * @param needed lines that the bare tools took
 */
record Sized(
    String size, String what, Samples agent, Samples bare, Samples written, double needed) {

  static Sized of(String size, String what, EventLatencies.Measured measured) {
    return new Sized(
        size,
        what,
        measured.agent(),
        measured.bare(),
        measured.linesWritten(),
        measured.linesOfThePod().median());
  }

  /** How many times longer the agent takes for a line than at another size. */
  double growth(Sized other) {
    return agent.median() / written.median() / (other.agent.median() / other.written.median());
  }

  /** The same for the bare tools. */
  double growthOfTools(Sized other) {
    return bare.median() / needed / (other.bare.median() / other.needed);
  }
}
