package io.netpol.bench;

import java.util.Locale;

/** Names what is measured of each controller: a row of the table each. */
enum Figure {
  ISOLATED("start until all local pods are isolated", "s"),
  ENFORCED("start until all allowed connections work too", "s"),
  START_CPU("its CPU until then", "s"),
  START_SERVER_CPU("CPU of the API server until then", "s"),
  START_BYTES("bytes from the API server until then", "MB"),
  IDLE_CPU("CPU when nothing happens", "% of a core"),
  RESIDENT("resident memory after the start", "MB"),
  ANONYMOUS("of it not backed by files, after the start", "MB"),
  JOINS("joins of pods elsewhere, one after the other", "pods"),
  JOIN_P50("pod elsewhere joins: write to packet, p50", "ms"),
  JOIN_P99("pod elsewhere joins: write to packet, p99", "ms"),
  JOIN_WATCH_P50("pod elsewhere joins: write to bare watch, p50", "ms"),
  JOIN_WATCH_P99("pod elsewhere joins: write to bare watch, p99", "ms"),
  POLICY_P50("policy gets a port: write to packet, p50", "ms"),
  EVENTS_CPU("CPU for 100 pods that join elsewhere", "ms"),
  EVENTS_SERVER_BYTES("bytes from the API server for these 100 pods", "kB"),
  WRITES("100 writes a second: as many were done", "/s"),
  CHURN_P50("100 writes a second: write to packet, p50", "ms"),
  CHURN_P99("100 writes a second: write to packet, p99", "ms"),
  CHURN_WATCH_P50("100 writes a second: write to bare watch, p50", "ms"),
  CHURN_WATCH_P99("100 writes a second: write to bare watch, p99", "ms"),
  CHURN_CPU("100 writes a second: its CPU", "% of a core"),
  LOST("joins never seen in 30 s", "pods"),
  RESIDENT_END("resident memory at the end", "MB"),
  ANONYMOUS_END("of it not backed by files, at the end", "MB"),
  CONNECTIONS("new connections, one after the other", "/s"),
  CONNECTIONS_EMPTY("new connections, without any controller", "/s"),
  WRONG("connections judged wrong at the end", "connections");

  private final String what;
  private final String unit;

  Figure(String what, String unit) {
    this.what = what;
    this.unit = unit;
  }

  String what() {
    return what;
  }

  String unit() {
    return unit;
  }

  /** Returns a stable name, for scripts that compare two runs. */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
