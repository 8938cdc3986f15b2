package io.netpol.route;

import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.route.Settings.BadSettingException;
import java.util.Locale;
import java.util.Optional;

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
    Optional<Backend> iptables = backend(Setting.COMMAND_IPTABLES);
    Optional<Backend> ip6tables = backend(Setting.COMMAND_IP6TABLES);
    if (iptables.isPresent() && ip6tables.isPresent() && !iptables.equals(ip6tables)) {
      throw bad(
          Setting.COMMAND_IPTABLES,
          Setting.COMMAND_IP6TABLES,
          "these are commands of two back-ends",
          "name those of the one that the host uses");
    }
    Backend.Choice choice =
        RenderOptions.choice(Backend.Choice.class, settings.get(Setting.BACKEND))
            .orElse(Backend.Choice.AUTO);
    for (Setting command : new Setting[] {Setting.COMMAND_IPTABLES, Setting.COMMAND_IP6TABLES}) {
      Optional<Backend> named = backend(command);
      if (choice != Backend.Choice.AUTO
          && named.isPresent()
          && !named.get().name().equals(choice.name())) {
        throw bad(
            Setting.BACKEND,
            command,
            "the command is of the other back-end",
            "set one of the two to " + Backend.Choice.AUTO.name().toLowerCase(Locale.ROOT));
      }
    }
  }

  private Optional<Backend> backend(Setting command) {
    return Backend.namedBy(settings.get(command));
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
