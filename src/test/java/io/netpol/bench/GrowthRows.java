package io.netpol.bench;

/** Adds rows that show whether time grows faster than what is written. */
final class GrowthRows {

  /** What is left to chance, and to caches of the processor. */
  private static final double MOST = 1.5;

  private final Results results;

  GrowthRows(Results results) {
    this.results = results;
  }

  /** Adds the rows of the size that others are compared with. */
  void first(String id, Sized measured) {
    results.add(Result.of(id, measured.what(), "ms", measured.agent()).against(measured.bare()));
    results.add(
        Result.of(id + "-lines", "  lines written", "lines", measured.written())
            .against(Samples.of(measured.needed())));
  }

  /** Adds the rows of another size, and how much longer a line takes. */
  void next(String id, Sized measured, Sized first) {
    first(id, measured);
    double growth = measured.growth(first);
    double most = MOST * Math.max(1, measured.growthOfTools(first));
    results.add(
        Result.of(id + "-growth", "  a line / with " + first.size(), "times", growth)
            .against(Samples.of(measured.growthOfTools(first)))
            .reaching("≤ %.1f, or %.1f× baseline".formatted(MOST, MOST), growth <= most));
  }
}
