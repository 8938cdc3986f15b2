package io.netpol.route.settings;

import io.netpol.dataplane.Contradiction;
import io.netpol.route.settings.Settings.BadSettingException;

/** Refuses settings that are valid one by one and contradict each other. */
final class Contradictions {

  private final Settings settings;

  private Contradictions(Settings settings) {
    this.settings = settings;
  }

  /**
   * Checks the settings.
   *
   * @throws BadSettingException if two contradict each other; the message names both, with values
   */
  static void check(Settings settings) {
    Contradictions contradictions = new Contradictions(settings);
    contradictions.times();
    contradictions.backends();
  }

  private void times() {
    long lockWait = 1000L * Long.parseLong(settings.get(Setting.LOCK_WAIT_SECONDS));
    if (lockWait >= millis(Setting.COMMAND_TIMEOUT)) {
      throw bad(
          Setting.LOCK_WAIT_SECONDS,
          Setting.COMMAND_TIMEOUT,
          "iptables would be killed while it may still wait for the lock",
          "make the first less, or the second more than " + lockWait + " ms");
    }
    for (Setting within : new Setting[] {Setting.WATCH_SILENCE, Setting.LIST_TIMEOUT}) {
      if (millis(within) >= millis(Setting.CACHE_MAX_STALENESS)) {
        throw bad(
            within,
            Setting.CACHE_MAX_STALENESS,
            within == Setting.WATCH_SILENCE
                ? "readiness would go down before a silent watch is opened again"
                : "readiness would go down while a list may still be read",
            "make the first less than the second");
      }
    }
  }

  private void backends() {
    for (Contradiction each : settings.dataplane().contradictions(settings::get)) {
      throw bad(setting(each.one()), setting(each.other()), each.reason(), each.advice());
    }
  }

  private static Setting setting(String property) {
    return Setting.named(property).orElseThrow();
  }

  private long millis(Setting setting) {
    return settings.millis(setting).toMillis();
  }

  private BadSettingException bad(Setting one, Setting other, String why, String advice) {
    return new BadSettingException(
        withValue(one)
            + " and "
            + withValue(other)
            + " contradict each other: "
            + why
            + "; "
            + advice);
  }

  private String withValue(Setting setting) {
    return setting.property() + " (" + setting.variable() + ") = " + settings.get(setting);
  }
}
