package io.netpol.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Lets a member of a lab reach one port of the test itself, at a port of its loopback address. */
public final class LabForwarder implements AutoCloseable {

  private final ServerSocket listening;
  private final String toHost;
  private final int toPort;

  private LabForwarder(ServerSocket listening, String toHost, int toPort) {
    this.listening = listening;
    this.toHost = toHost;
    this.toPort = toPort;
    start("accept", this::accept);
  }

  /** Listens in the member. */
  public static LabForwarder start(LabNetwork lab, String member, String toHost, int toPort)
      throws IOException {
    ServerSocket socket =
        lab.inside(member, () -> new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
    return new LabForwarder(socket, toHost, toPort);
  }

  /** The port in the member. */
  public int port() {
    return listening.getLocalPort();
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void start(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // An end was closed.
              }
            },
            "forwarder " + name);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (true) {
      Socket near = listening.accept();
      Socket far = new Socket(toHost, toPort);
      start("there", () -> copy(near, far));
      start("back", () -> copy(far, near));
    }
  }

  private static void copy(Socket from, Socket to) throws IOException {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[8192];
      for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
        out.flush();
      }
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
