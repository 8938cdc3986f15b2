package io.netpol.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Sends back what arrives on the sockets it is given, with one thread for all of them. */
final class EchoServer implements AutoCloseable {
  private static final int BACKLOG = 4096;

  private final Selector selector;
  private final Runnable onActivity;
  private final Queue<Runnable> orders = new ConcurrentLinkedQueue<>();
  private final Map<String, List<SelectableChannel>> channels = new HashMap<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(2048);
  private final Thread thread = new Thread(this::serve, "netpol echo");
  private volatile boolean closed;

  EchoServer(Runnable onActivity) throws IOException {
    this.onActivity = onActivity;
    selector = Selector.open();
    thread.setDaemon(true);
    thread.start();
  }

  /** Opens a TCP socket that listens; to be called where it shall belong. */
  static SelectableChannel tcp(InetSocketAddress address) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    return opened(
        channel,
        () -> {
          channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
          channel.bind(address, BACKLOG);
        });
  }

  /** Opens a UDP socket; to be called where it shall belong. */
  static SelectableChannel udp(InetSocketAddress address) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    return opened(channel, () -> channel.bind(address));
  }

  /** Answers on these channels from now on, and closes those that the owner had before. */
  void serve(String owner, Collection<SelectableChannel> added) throws IOException {
    order(
        () -> {
          closeAll(channels.put(owner, List.copyOf(added)));
          for (SelectableChannel channel : added) {
            boolean tcp = channel instanceof ServerSocketChannel;
            channel.register(selector, tcp ? SelectionKey.OP_ACCEPT : SelectionKey.OP_READ);
          }
        });
  }

  /** Closes an owner's channels; the ports are free when this returns. */
  void stop(String owner) throws IOException {
    order(() -> closeAll(channels.remove(owner)));
  }

  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private static SelectableChannel opened(SelectableChannel channel, Step bind) throws IOException {
    try {
      channel.configureBlocking(false);
      bind.run();
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void order(Step step) throws IOException {
    CompletableFuture<Void> done = new CompletableFuture<>();
    orders.add(
        () -> {
          try {
            step.run();
            // The selector lets go of closed channels only when it selects.
            selector.selectNow();
            done.complete(null);
          } catch (IOException | RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    if (closed) {
      throw new IOException("the prober is closed");
    }
    selector.wakeup();
    NamespaceThread.await(done);
  }

  private void serve() {
    try {
      while (!closed) {
        selector.select();
        selector.selectedKeys().forEach(this::answer);
        selector.selectedKeys().clear();
        for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
          order.run();
        }
      }
      closeAll(selector.keys().stream().map(SelectionKey::channel).toList());
      selector.close();
    } catch (IOException e) {
      throw new IllegalStateException("the echo server failed", e);
    }
  }

  private void answer(SelectionKey key) {
    if (!key.isValid()) {
      return;
    }
    onActivity.run();
    try {
      if (key.channel() instanceof ServerSocketChannel server) {
        accept(server);
      } else if (key.channel() instanceof DatagramChannel channel) {
        echo(channel);
      } else if (key.channel() instanceof SocketChannel channel) {
        echo(channel);
      }
    } catch (IOException e) {
      if (key.channel() instanceof SocketChannel channel) {
        closeAll(List.of(channel));
      }
      // A socket for all comers outlives what happened to one of them.
    }
  }

  private void accept(ServerSocketChannel server) throws IOException {
    for (SocketChannel peer = server.accept(); peer != null; peer = server.accept()) {
      peer.configureBlocking(false);
      peer.register(selector, SelectionKey.OP_READ);
    }
  }

  private void echo(DatagramChannel channel) throws IOException {
    buffer.clear();
    for (SocketAddress peer = channel.receive(buffer);
        peer != null;
        peer = channel.receive(buffer.clear())) {
      channel.send(buffer.flip(), peer);
    }
  }

  private void echo(SocketChannel channel) throws IOException {
    int read = channel.read(buffer.clear());
    if (read < 0) {
      channel.close();
    } else {
      channel.write(buffer.flip());
    }
  }

  private static void closeAll(Collection<? extends Channel> channels) {
    for (Channel channel : channels == null ? List.<Channel>of() : channels) {
      try {
        channel.close();
      } catch (IOException e) {
        // It is as closed as it can be.
      }
    }
  }
}
