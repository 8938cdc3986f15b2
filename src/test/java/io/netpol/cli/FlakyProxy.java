package io.netpol.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy between the agent and its API server that can be made to behave like bad networks.
 */
final class FlakyProxy implements AutoCloseable {

  /** What happens to connections. */
  enum Mode {
    /** All passes. */
    GOOD,
    /**
     * Open connections end, new ones are refused. What happened meanwhile is history when it is
     * over: watches get 410 until their kind has been listed again.
     */
    DOWN,
    /** Nothing passes any more and nothing is closed, as when a cable is cut. */
    SILENT,
    /** Each new request is answered with 403. */
    FORBIDDEN
  }

  private final int upstream;
  private final int port;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final Set<String> relisted = ConcurrentHashMap.newKeySet();
  private volatile ServerSocket server;
  private volatile boolean expired;
  private volatile Mode mode = Mode.GOOD;
  private volatile long answerDelayMillis;

  FlakyProxy(int upstream) throws IOException {
    this.upstream = upstream;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    port = server.getLocalPort();
    listen(server);
  }

  int port() {
    return port;
  }

  /** How many connections were opened so far. */
  int accepted() {
    return accepted.get();
  }

  /** From now on each answer of a new connection begins so much later. */
  void delayAnswers(long millis) {
    answerDelayMillis = millis;
  }

  void become(Mode next) throws IOException {
    Mode before = mode;
    mode = next;
    if (next == Mode.DOWN) {
      server.close();
    }
    if (next == Mode.DOWN || next == Mode.FORBIDDEN) {
      closeConnections();
    }
    if (before == Mode.DOWN && next != Mode.DOWN) {
      relisted.clear();
      expired = true;
      ServerSocket again = new ServerSocket();
      again.setReuseAddress(true);
      again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      server = again;
      listen(again);
    }
  }

  /** Ends all connections. */
  void closeConnections() {
    sockets.forEach(FlakyProxy::close);
    sockets.clear();
  }

  private void listen(ServerSocket listening) {
    daemon(
        () -> {
          while (true) {
            Socket client = listening.accept();
            accepted.incrementAndGet();
            sockets.add(client);
            daemon(() -> serve(client));
          }
        });
  }

  private void serve(Socket client) throws IOException {
    byte[] buffer = new byte[65536];
    int length = client.getInputStream().read(buffer);
    if (length < 0) {
      close(client);
      return;
    }
    String[] request = firstLine(buffer, length).split("[? ]");
    String kind = request[1];
    boolean watch = request[2].contains("watch=true");
    if (mode == Mode.FORBIDDEN) {
      answer(client, "403 Forbidden", 403, "pods is forbidden");
    } else if (mode == Mode.GOOD && expired && watch && !relisted.contains(kind)) {
      answer(client, "410 Gone", 410, "too old resource version");
    } else {
      noteList(buffer, length);
      Socket server = new Socket(InetAddress.getLoopbackAddress(), upstream);
      sockets.add(server);
      if (mode != Mode.SILENT) {
        server.getOutputStream().write(buffer, 0, length);
      }
      daemon(() -> copy(client, server, 0));
      copy(server, client, answerDelayMillis);
    }
  }

  private void noteList(byte[] data, int length) {
    String line = firstLine(data, length);
    if (line.startsWith("GET ") && !line.contains("watch=true")) {
      relisted.add(line.split("[? ]")[1]);
    }
  }

  private static String firstLine(byte[] data, int length) {
    return new String(data, 0, length, StandardCharsets.ISO_8859_1).split("\r\n", 2)[0];
  }

  private static void answer(Socket client, String status, int code, String message)
      throws IOException {
    String body =
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":%d,\"message\":\"%s\"}"
            .formatted(code, message);
    client
        .getOutputStream()
        .write(
            ("HTTP/1.1 "
                    + status
                    + "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                    + "Content-Length: "
                    + body.length()
                    + "\r\n\r\n"
                    + body)
                .getBytes(StandardCharsets.UTF_8));
    close(client);
  }

  private void copy(Socket from, Socket to, long delayMillis) throws IOException {
    Mode born = mode;
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[65536];
      boolean cut = born == Mode.SILENT;
      int length = in.read(buffer);
      if (delayMillis > 0) {
        sleep(delayMillis);
      }
      while (length >= 0) {
        cut |= mode == Mode.SILENT; // a connection that was cut once stays so
        if (!cut) {
          noteList(buffer, length); // connections are used again
          out.write(buffer, 0, length);
        }
        length = in.read(buffer);
      }
      if (!cut && mode != Mode.SILENT) {
        close(to);
      }
    } catch (IOException e) {
      if (mode != Mode.SILENT) {
        close(to);
      }
    } finally {
      close(from);
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private interface Body {
    void run() throws IOException;
  }

  private static void daemon(Body body) {
    Thread thread =
        new Thread(
            () -> {
              try {
                body.run();
              } catch (IOException e) {
                // the connection or the server has ended
              }
            },
            "flaky-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is closed
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    closeConnections();
  }
}
