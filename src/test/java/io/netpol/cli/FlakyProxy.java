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
    /** Open connections end, new ones are refused. */
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
  private volatile ServerSocket server;
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
    if (mode == Mode.FORBIDDEN) {
      forbid(client);
      return;
    }
    Socket server = new Socket(InetAddress.getLoopbackAddress(), upstream);
    sockets.add(server);
    daemon(() -> copy(client, server, 0));
    copy(server, client, answerDelayMillis);
  }

  private static void forbid(Socket client) throws IOException {
    client.getInputStream().read(new byte[65536]);
    String body = "{\"kind\":\"Status\",\"code\":403,\"message\":\"pods is forbidden\"}";
    client
        .getOutputStream()
        .write(
            ("HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nConnection: close\r\n"
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
