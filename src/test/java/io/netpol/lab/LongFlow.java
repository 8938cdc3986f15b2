package io.netpol.lab;

import io.netpol.testing.Eventually;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** A UDP flow that goes on from one source port, so that connection tracking knows it. */
public final class LongFlow implements AutoCloseable {

  private static final int AGAIN_MILLIS = 2_000;

  private final DatagramChannel channel;
  private final Selector selector = Selector.open();
  private byte lastSent;

  private LongFlow(DatagramChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ);
  }

  /** Opens a socket in a member of a lab; nothing is sent yet. */
  public static LongFlow open(LabNetwork lab, String from, String toAddress, int port)
      throws IOException {
    InetSocketAddress to = new InetSocketAddress(IpLiteral.parse(toAddress), port);
    return lab.inside(
        from,
        () -> {
          DatagramChannel channel =
              DatagramChannel.open(
                  toAddress.contains(":")
                      ? StandardProtocolFamily.INET6
                      : StandardProtocolFamily.INET);
          channel.connect(to);
          return new LongFlow(channel);
        });
  }

  /** Sends a datagram and waits for its echo; false where none comes within the time. */
  public boolean ping(int millis) throws IOException {
    lastSent++;
    channel.write(ByteBuffer.wrap(new byte[] {lastSent}));
    ByteBuffer buffer = ByteBuffer.allocate(16);
    long end = System.nanoTime() + millis * 1_000_000L;
    for (long left = millis; left > 0; left = (end - System.nanoTime()) / 1_000_000) {
      selector.select(left);
      selector.selectedKeys().clear();
      while (channel.read(buffer.clear()) > 0) {
        if (buffer.get(0) == lastSent) {
          return true;
        }
      }
    }
    return false;
  }

  /** Sends until an echo comes, for a datagram may get lost; false where none ever does. */
  public boolean answers() throws IOException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < Eventually.BOUND.toNanos()) {
      if (ping(AGAIN_MILLIS)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    selector.close();
  }
}
