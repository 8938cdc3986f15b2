package io.netpol.dataplane.iptables;

/**
 * Writes a packet rate as iptables prints it: it stores the time between two packets in units of
 * 1/10000 s, and so rounds (iptables, extensions/libxt_limit.c, parse_rate and print_rate; the nft
 * back-end does the same in add_nft_limit).
 */
final class RateLimit {

  /** XT_LIMIT_SCALE: the units of time in a second. */
  private static final int SCALE = 10_000;

  /** The default burst of libxt_limit, which it does not print. */
  private static final int DEFAULT_BURST = 5;

  private static final int SECONDS_A_MINUTE = 60;

  /** Names a unit of time in which rates are printed, from the longest. */
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
   * Returns a match for about this number of packets a minute, with a burst of the same size.
   *
   * @param perMinute 1 to 10,000, the largest burst that iptables takes
   */
  static String match(int perMinute) {
    String burst = perMinute == DEFAULT_BURST ? "" : " --limit-burst " + perMinute;
    return "limit --limit " + printed(Unit.MINUTE.scale / perMinute) + burst;
  }

  /**
   * Returns the text of the rate with this time between two packets; iptables parses it to the same
   * time.
   */
  private static String printed(int period) {
    Unit unit = unit(period);
    int rate = unit.scale / period;
    int meant = unit.scale / rate;
    return meant == period || unit(meant) == unit && unit.scale / meant == rate
        ? rate + "/" + unit.word
        : printed(meant);
  }

  /** Returns the longest unit in which the rounded rate is precise enough (print_rate). */
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
