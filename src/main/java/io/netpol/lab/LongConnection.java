package io.netpol.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * Keeps a TCP connection open, to see whether established connections go on.
 *
 * <p>Connection tracking works in a namespace from the first rule on that asks for it. A connection
 * that was opened before looks new to that rule.
 */
public final class LongConnection implements AutoCloseable {
  private final SocketChannel channel;
  private final Selector selector;
  private byte lastSent;

  private LongConnection(SocketChannel channel, Selector selector) {
    this.channel = channel;
    this.selector = selector;
  }

  /** Connects from the namespace of the calling thread. */
  static LongConnection open(SourcePorts ports, InetSocketAddress to, Duration limit)
      throws IOException {
    Selector selector = Selector.open();
    SocketChannel channel = SocketChannel.open();
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      ports.bind(channel);
      SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
      if (!channel.connect(to)) {
        selector.select(limit.toMillis());
        if (!channel.finishConnect()) {
          throw new IOException("no connection to " + to + " within " + limit.toMillis() + " ms");
        }
      }
      selector.selectedKeys().clear();
      key.interestOps(SelectionKey.OP_READ);
      return new LongConnection(channel, selector);
    } catch (IOException | RuntimeException e) {
      channel.close();
      selector.close();
      throw e;
    }
  }

  /**
   * Sends a byte and waits for its echo.
   *
   * <p>After a failure TCP repeats what was lost with growing pauses, so the first success after a
   * blockade was lifted takes a while.
   *
   * @return false if the echo doesn't come within the limit, or the connection is broken
   */
  public synchronized boolean ping(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    lastSent++;
    ByteBuffer buffer = ByteBuffer.allocate(256);
    try {
      channel.write(ByteBuffer.wrap(new byte[] {lastSent}));
      for (long left = limit.toMillis(); left > 0; left = (end - System.nanoTime()) / 1_000_000) {
        selector.select(left);
        selector.selectedKeys().clear();
        int read = channel.read(buffer.clear());
        if (read < 0) {
          return false;
        }
        // Echoes of earlier pings may come first.
        if (read > 0 && buffer.get(read - 1) == lastSent) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the source port, to recognise the connection by. */
  public int sourcePort() throws IOException {
    return ((InetSocketAddress) channel.getLocalAddress()).getPort();
  }

  /** Resets the connection. */
  @Override
  public synchronized void close() throws IOException {
    channel.close();
    selector.close();
  }
}
