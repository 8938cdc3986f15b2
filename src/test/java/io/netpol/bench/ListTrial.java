package io.netpol.bench;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * Measures what it costs an API server when agents list all pods at the same time, in each way that
 * an agent knows.
 */
final class ListTrial {

  private static final String PODS = "/api/v1/pods?";
  private static final String STREAM =
      PODS
          + "watch=true&allowWatchBookmarks=true&sendInitialEvents=true"
          + "&resourceVersionMatch=NotOlderThan&resourceVersion=&timeoutSeconds=120";
  private static final String STREAM_END = "k8s.io/initial-events-end";

  private static final int AT_ONCE = 20;
  private static final int BUFFER = 65_536;
  private static final int HEAD = 2_000;
  private static final Pattern CONTINUE = Pattern.compile("\"continue\":\"([^\"]+)\"");

  /** A way to list; in the order of what the server needs, for it keeps memory that it had. */
  private enum Way {
    STREAMED("streamed list"),
    PAGES("pages of 500"),
    CACHE("watch cache");

    private final String title;

    Way(String title) {
      this.title = title;
    }
  }

  private final KubernetesServer server;
  private final int pods;

  /** What was measured, by row. */
  private final Map<String, List<String>> rows = new LinkedHashMap<>();

  ListTrial(KubernetesServer server, int pods) {
    this.server = server;
    this.pods = pods;
  }

  /** Measures all ways; the server must have nothing else to do. */
  void run(Path table) throws Exception {
    for (Way way : Way.values()) {
      TimeUnit.SECONDS.sleep(3);
      measure(way);
    }
    String text = markdown();
    System.out.println("\n" + text);
    Files.writeString(table, text);
  }

  private void measure(Way way) throws Exception {
    server.forgetPeak();
    double memory = server.residentMegabytes();
    double cpu = server.cpuMillis();
    long start = System.nanoTime();
    long bytes = 0;
    boolean complete = true;
    ExecutorService clients = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<Long>> lists = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        lists.add(clients.submit(() -> list(way)));
      }
      for (Future<Long> list : lists) {
        complete &= list.get() >= 0;
        bytes += list.get();
      }
    } finally {
      clients.shutdownNow();
    }
    row("bytes, each, MB", complete, bytes / 1e6 / AT_ONCE);
    row("CPU of the API server, each, ms", complete, (server.cpuMillis() - cpu) / AT_ONCE);
    row(
        "memory of the API server at its peak, more by MB",
        complete,
        server.peakMegabytes() - memory);
    row("until the last has all, s", complete, (System.nanoTime() - start) / 1e9);
  }

  private void row(String what, boolean complete, double value) {
    rows.computeIfAbsent(what, w -> new ArrayList<>()).add(complete ? Results.number(value) : "–");
  }

  /** Lists once; returns how many bytes came, or -1 if this server does not know the way. */
  private long list(Way way) throws Exception {
    return switch (way) {
      case STREAMED -> streamed();
      case PAGES -> pages();
      case CACHE -> bytes(PODS + "resourceVersion=0").length;
    };
  }

  private byte[] bytes(String path) throws Exception {
    try (InputStream answer = server.client().open(path)) {
      return answer.readAllBytes();
    }
  }

  private long pages() throws Exception {
    long bytes = 0;
    String next = "";
    do {
      byte[] page = bytes(PODS + "limit=500" + next);
      bytes += page.length;
      next = next(page);
    } while (!next.isEmpty());
    return bytes;
  }

  private static String next(byte[] page) throws IOException {
    boolean zipped = page.length > 2 && page[0] == 0x1f;
    InputStream raw = new ByteArrayInputStream(page);
    try (InputStream text = zipped ? new GZIPInputStream(raw) : raw) {
      Matcher next = CONTINUE.matcher(new String(text.readNBytes(HEAD), StandardCharsets.US_ASCII));
      return next.find() ? "&continue=" + next.group(1) : "";
    }
  }

  private long streamed() throws Exception {
    long bytes = 0;
    byte[] buffer = new byte[BUFFER];
    int kept = 0;
    try (InputStream events = server.client().open(STREAM)) {
      for (int read; (read = events.read(buffer, kept, BUFFER - kept)) >= 0; ) {
        bytes += read;
        int filled = kept + read;
        if (contains(buffer, filled)) {
          return bytes;
        }
        // The end may lie across two reads.
        kept = Math.min(filled, STREAM_END.length());
        System.arraycopy(buffer, filled - kept, buffer, 0, kept);
      }
    }
    return -1;
  }

  private static boolean contains(byte[] buffer, int length) {
    return new String(buffer, 0, length, StandardCharsets.ISO_8859_1).contains(STREAM_END);
  }

  private String markdown() {
    StringBuilder text =
        new StringBuilder(
            String.format(Locale.ROOT, "| %d clients list %,d pods at once |", AT_ONCE, pods));
    for (Way way : Way.values()) {
      text.append(" ").append(way.title).append(" |");
    }
    text.append("\n| --- |").append(" ---: |".repeat(Way.values().length)).append("\n");
    rows.forEach(
        (what, values) -> {
          text.append("| ").append(what).append(" |");
          values.forEach(value -> text.append(" ").append(value).append(" |"));
          text.append("\n");
        });
    return text.toString();
  }
}
