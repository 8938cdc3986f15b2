package io.netpol.lab;

import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.Flow.Protocol;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Measures TCP and UDP flows, all at once, from the namespace of the thread that runs it. */
final class SocketProbe {
  private final SourcePorts ports;
  private final ProbeTimeout timeout;
  private final Map<Flow, Outcome> outcomes;
  private final List<Attempt> attempts = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(64);
  private final Map<Integer, Flow> unansweredTcp = new HashMap<>();
  private int open;

  /**
   * Prepares a measurement.
   *
   * @param outcomes where the outcomes go
   */
  SocketProbe(SourcePorts ports, ProbeTimeout timeout, Map<Flow, Outcome> outcomes) {
    this.ports = ports;
    this.timeout = timeout;
    this.outcomes = outcomes;
  }

  /** One connection or datagram on its way. */
  private static final class Attempt {
    final Flow flow;
    final SelectableChannel channel;
    int sourcePort;
    Outcome outcome;

    Attempt(Flow flow, SelectableChannel channel) {
      this.flow = flow;
      this.channel = channel;
    }
  }

  /**
   * Measures flows; those that get no answer are denied.
   *
   * @return the TCP connections that got no answer, by source port
   */
  Map<Integer, Flow> run(List<Flow> flows) throws IOException {
    try (Selector selector = Selector.open()) {
      try {
        for (Flow flow : flows) {
          start(flow, selector);
        }
        boolean repeated = false;
        long whole = timeout.millisLeft();
        for (long left = whole; open > 0 && left > 0; ) {
          int ready = selector.select(Math.min(left, ProbeTimeout.POLL_MILLIS));
          selector.selectedKeys().forEach(key -> advance((Attempt) key.attachment(), key));
          selector.selectedKeys().clear();
          left = timeout.millisLeft();
          if (ready == 0 && !repeated && left <= whole / 2) {
            repeated = true;
            repeatDatagrams();
          }
        }
        attempts.forEach(this::record);
      } finally {
        for (Attempt attempt : attempts) {
          attempt.channel.close();
        }
      }
    }
    return unansweredTcp;
  }

  private void record(Attempt attempt) {
    outcomes.put(attempt.flow, attempt.outcome == null ? Outcome.DENIED : attempt.outcome);
    if (attempt.outcome == null && attempt.flow.protocol() == Protocol.TCP) {
      unansweredTcp.put(attempt.sourcePort, attempt.flow);
    }
  }

  private void start(Flow flow, Selector selector) throws IOException {
    boolean tcp = flow.protocol() == Protocol.TCP;
    Attempt attempt = new Attempt(flow, tcp ? SocketChannel.open() : DatagramChannel.open());
    attempts.add(attempt);
    open++;
    attempt.channel.configureBlocking(false);
    InetSocketAddress to = new InetSocketAddress(IpLiteral.parse(flow.toAddress()), flow.port());
    if (attempt.channel instanceof SocketChannel channel) {
      // A reset at the end leaves nothing behind, neither here nor in connection tracking.
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      attempt.sourcePort = ports.bind(channel);
      try {
        boolean connected = channel.connect(to);
        SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, attempt);
        if (connected) {
          advance(attempt, key);
        }
      } catch (IOException e) {
        finish(attempt, Outcome.REJECTED);
      }
    } else if (attempt.channel instanceof DatagramChannel channel) {
      ports.bind(channel);
      try {
        channel.connect(to);
        channel.register(selector, SelectionKey.OP_READ, attempt);
        send(channel);
      } catch (IOException e) {
        finish(attempt, Outcome.REJECTED);
      }
    }
  }

  private void advance(Attempt attempt, SelectionKey key) {
    if (attempt.outcome != null || !key.isValid()) {
      return;
    }
    timeout.activity();
    try {
      if (attempt.channel instanceof SocketChannel channel) {
        if (channel.isConnectionPending() && channel.finishConnect()
            || channel.isConnected() && key.interestOps() == SelectionKey.OP_CONNECT) {
          channel.write(ByteBuffer.wrap(new byte[] {1}));
          key.interestOps(SelectionKey.OP_READ);
          return;
        }
        int read = channel.read(buffer.clear());
        if (read != 0) {
          finish(attempt, read > 0 ? Outcome.ALLOWED : Outcome.REJECTED);
        }
      } else if (attempt.channel instanceof DatagramChannel channel
          && channel.read(buffer.clear()) > 0) {
        finish(attempt, Outcome.ALLOWED);
      }
    } catch (IOException e) {
      finish(attempt, Outcome.REJECTED);
    }
  }

  private void finish(Attempt attempt, Outcome outcome) {
    attempt.outcome = outcome;
    open--;
    try {
      attempt.channel.close();
    } catch (IOException e) {
      // The outcome is known all the same.
    }
  }

  /** A datagram may get lost on a busy machine, and nobody repeats it as TCP would. */
  private void repeatDatagrams() {
    for (Attempt attempt : attempts) {
      if (attempt.outcome == null && attempt.channel instanceof DatagramChannel channel) {
        send(channel);
      }
    }
  }

  private static void send(DatagramChannel channel) {
    try {
      channel.write(ByteBuffer.wrap(new byte[] {1}));
    } catch (IOException e) {
      // The filter of this very namespace took it, or an earlier error is reported: if there was a
      // rejection to it, reading tells.
    }
  }
}
