package io.netpol.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;

/** Takes spans by OTLP over HTTP, as a collector does. */
final class SpanCollector implements AutoCloseable {

  /** A span, its parent empty where it begins its trace. */
  record Span(String trace, String id, String parent, String name) {}

  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  SpanCollector() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/traces",
        exchange -> {
          boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
          try (InputStream body = exchange.getRequestBody();
              InputStream plain = zipped ? new GZIPInputStream(body) : body) {
            resources(ByteBuffer.wrap(plain.readAllBytes()));
          }
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  List<Span> spans() {
    return List.copyOf(spans);
  }

  /** ExportTraceServiceRequest.resource_spans, ResourceSpans.scope_spans, ScopeSpans.spans. */
  private void resources(ByteBuffer request) {
    fields(
        request,
        (number, resource) -> {
          if (number == 1) {
            fields(
                resource,
                (inResource, scope) -> {
                  if (inResource == 2) {
                    fields(
                        scope,
                        (inScope, span) -> {
                          if (inScope == 2) {
                            spans.add(span(span));
                          }
                        });
                  }
                });
          }
        });
  }

  private static Span span(ByteBuffer message) {
    String[] parts = {"", "", "", "", ""};
    fields(
        message,
        (number, field) -> {
          byte[] bytes = new byte[field.remaining()];
          field.get(bytes);
          switch (number) {
            case 1, 2, 4 -> parts[number - 1] = HexFormat.of().formatHex(bytes);
            case 5 -> parts[4] = new String(bytes, StandardCharsets.UTF_8);
            default -> {} // not looked at
          }
        });
    return new Span(parts[0], parts[1], parts[3], parts[4]);
  }

  private interface Field {
    void of(int number, ByteBuffer value);
  }

  /** The fields of a Protocol Buffers message that have a length. */
  private static void fields(ByteBuffer message, Field each) {
    while (message.hasRemaining()) {
      long key = varint(message);
      switch ((int) (key & 7)) {
        case 0 -> varint(message);
        case 1 -> message.getLong();
        case 2 -> {
          int length = (int) varint(message);
          each.of((int) (key >> 3), message.slice(message.position(), length));
          message.position(message.position() + length);
        }
        case 5 -> message.getInt();
        default -> throw new IllegalArgumentException("wire type of " + key);
      }
    }
  }

  private static long varint(ByteBuffer message) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = message.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
