package io.netpol.cli;

import io.netpol.dataplane.DataplaneProvider;
import io.netpol.route.Applied;
import io.netpol.route.ApplyListener;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what an earlier agent wrote by another back-end, once this agent's first sync is in the
 * kernel: until then the former rules filter, and afterwards both would.
 */
final class FormerBackEnds implements ApplyListener {

  private static final Logger LOG = LoggerFactory.getLogger(FormerBackEnds.class);

  private final Settings settings;
  private final AtomicBoolean asked = new AtomicBoolean();

  FormerBackEnds(Settings settings) {
    this.settings = settings;
  }

  @Override
  public void applied(Applied applied) {
    if (!asked.getAndSet(true)) {
      CompletableFuture.runAsync(
          this::remove); // runs tools, and the thread that applies must go on
    }
  }

  /** Removes the rules of all back-ends but the one in use. */
  void remove() {
    DataplaneProvider used = settings.dataplane();
    for (DataplaneProvider other : DataplaneProvider.ALL) {
      if (other != used) {
        try {
          other.cleanup(
              settings::get,
              false,
              removed -> LOG.info("rules of a former back-end: {}", removed),
              problem -> LOG.warn("rules of a former back-end filter too: {}", problem));
        } catch (IOException | RuntimeException e) {
          LOG.warn("rules of a former back-end may filter too: {}", e.toString());
        }
      }
    }
  }
}
