package io.netpol.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Watches all pods as barely as can be, and notes when a pod is first seen with an address: what an
 * event takes to any watcher, to compare controllers with.
 */
final class BareWatch implements AutoCloseable {

  private static final String NAME = "\"metadata\":{\"name\":\"";
  private static final String ADDRESS = "\"podIP\":\"";

  private final InputStream stream;
  private final Map<String, Long> arrivals = new ConcurrentHashMap<>();
  private volatile boolean closed;

  BareWatch(ApiClient client) throws Exception {
    stream = client.watchPods();
    Thread reader = new Thread(this::read, "bare watch");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) {
        long now = System.nanoTime();
        int name = line.indexOf(NAME) + NAME.length();
        if (line.contains(ADDRESS) && name >= NAME.length()) {
          arrivals.putIfAbsent(line.substring(name, line.indexOf('"', name)), now);
        }
      }
    } catch (IOException e) {
      if (!closed) {
        System.err.println("bench: the bare watch ended: " + e.getMessage());
      }
    }
  }

  /** Returns when a pod was first seen with an address, by {@link System#nanoTime()}. */
  OptionalLong arrival(String pod) {
    Long found = arrivals.get(pod);
    return found == null ? OptionalLong.empty() : OptionalLong.of(found);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    stream.close();
  }
}
