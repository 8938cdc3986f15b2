package io.netpol.dataplane.iptables;

/**
 * Writes a rate of packets as iptables prints it, which keeps the time between two packets in ten
 * thousandths of a second and so rounds (iptables, extensions/libxt_limit.c, parse_rate and
 * print_rate; the nft back-end does the same in add_nft_limit).
 */
final class RateLimit {

  /** XT_LIMIT_SCALE: the units of time in a second. */
  private static final int SCALE = 10_000;

  /** What libxt_limit gives a rule that names no burst; it prints none then. */
  private static final int DEFAULT_BURST = 5;

  private static final int SECONDS_A_MINUTE = 60;

  /** A unit of time in which rates are printed, from the longest. */
  private enum Unit {
    DAY("day", 24 * 60 * 60),
    HOUR("hour", 60 * 60),
    MINUTE("min", SECONDS_A_MINUTE),
    SECOND("sec", 1);

    final String word;
    final int scale;

    Unit(String word, int seconds) {
      this.word = word;
      this.scale = SCALE * seconds;
    }
  }

  private RateLimit() {}

  /**
   * Returns the match that lets about so many packets a minute pass, and as many at once.
   *
   * @param perMinute 1 to 10,000, the largest burst that iptables takes
   */
  static String match(int perMinute) {
    String burst = perMinute == DEFAULT_BURST ? "" : " --limit-burst " + perMinute;
    return "limit --limit " + printed(Unit.MINUTE.scale / perMinute) + burst;
  }

  /** Returns the rate with so much time between two packets; what is printed means itself. */
  private static String printed(int period) {
    Unit unit = unit(period);
    int rate = unit.scale / period;
    int meant = unit.scale / rate;
    return meant == period || unit(meant) == unit && unit.scale / meant == rate
        ? rate + "/" + unit.word
        : printed(meant);
  }

  /** Returns the longest unit in which the rounded rate is near enough (print_rate). */
  private static Unit unit(int period) {
    Unit unit = Unit.DAY;
    for (Unit next : Unit.values()) {
      if (next != Unit.DAY && (period > next.scale || next.scale / period < next.scale % period)) {
        break;
      }
      unit = next;
    }
    return unit;
  }
}
