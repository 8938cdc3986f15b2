package io.netpol.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** Measured values of one quantity. */
final class Samples {

  private final List<Double> values = new ArrayList<>();

  static Samples of(Collection<Double> values) {
    Samples samples = new Samples();
    samples.values.addAll(values);
    return samples;
  }

  static Samples of(double value) {
    return of(List.of(value));
  }

  void add(double value) {
    values.add(value);
  }

  int size() {
    return values.size();
  }

  double median() {
    return quantile(0.5);
  }

  /** The value that this share of all do not exceed (nearest rank); NaN where there is none. */
  double quantile(double share) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int rank = (int) Math.ceil(share * sorted.length);
    return sorted[Math.max(0, rank - 1)];
  }
}
