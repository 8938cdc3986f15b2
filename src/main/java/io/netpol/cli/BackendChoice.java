package io.netpol.cli;

import io.netpol.dataplane.DataplaneProvider;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Resolves the back-end of an agent where the settings leave it to the host. */
final class BackendChoice {

  private static final Logger LOG = LoggerFactory.getLogger(BackendChoice.class);

  private BackendChoice() {}

  /** Loads the settings of an agent, with the back-end that suits this host. It runs tools. */
  static Settings settings(Path home, Map<String, String> environment) {
    Settings settings = Settings.load(home, environment, Map.of());
    if (!settings.get(Setting.BACKEND).equals(DataplaneProvider.AUTO)) {
      return settings;
    }
    Optional<DataplaneProvider.Choice> choice = DataplaneProvider.detect(settings::get);
    if (choice.isEmpty()) {
      return settings;
    }
    LOG.info("back-end is {}: {}", choice.get().backend(), choice.get().reason());
    return Settings.load(home, environment, Map.of(Setting.BACKEND, choice.get().backend()));
  }
}
