package io.netpol.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One row of the table.
 *
 * @param id stable, for who compares two runs
 * @param what in words, at most 37 characters
 * @param unit of all values
 * @param runs how many values there were
 * @param p50 the median
 * @param p99 the 99th percentile; of few runs the greatest
 * @param q1 a quarter of the values is below
 * @param q3 a quarter of the values is above
 * @param bare the median of the bare tools with the same payload in the same minute; null where
 *     there is nothing to compare with
 * @param ratio the median over that of the bare tools
 * @param reach what it shall reach, in words
 * @param reached whether it does; null where nothing is asked
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Result(
    String id,
    String what,
    String unit,
    int runs,
    double p50,
    double p99,
    double q1,
    double q3,
    Double bare,
    Double ratio,
    String reach,
    Boolean reached,
    Map<String, Object> more) {

  static Result of(String id, String what, String unit, Samples samples) {
    return new Result(
        id,
        what,
        unit,
        samples.size(),
        samples.median(),
        samples.quantile(0.99),
        samples.quantile(0.25),
        samples.quantile(0.75),
        null,
        null,
        "",
        null,
        new LinkedHashMap<>());
  }

  static Result of(String id, String what, String unit, double value) {
    return of(id, what, unit, Samples.of(value));
  }

  Result against(Samples tools) {
    double median = tools.median();
    Map<String, Object> further = new LinkedHashMap<>(more);
    further.put("bareP99", tools.quantile(0.99));
    return new Result(
        id, what, unit, runs, p50, p99, q1, q3, median, p50 / median, reach, reached, further);
  }

  Result reaching(String asked, boolean holds) {
    return new Result(id, what, unit, runs, p50, p99, q1, q3, bare, ratio, asked, holds, more);
  }

  Result with(String name, Object value) {
    Map<String, Object> further = new LinkedHashMap<>(more);
    further.put(name, value);
    return new Result(id, what, unit, runs, p50, p99, q1, q3, bare, ratio, reach, reached, further);
  }
}
