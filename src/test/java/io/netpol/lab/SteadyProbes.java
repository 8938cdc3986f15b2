package io.netpol.lab;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends datagrams all the time, a hundred a second from each sender, and writes down each that
 * arrives and must not, and each that gets lost and must not. Nobody repeats a datagram, so a gap
 * of a moment is seen.
 */
public final class SteadyProbes implements AutoCloseable {

  /** What must become of the datagrams of a probe. */
  public enum Kind {
    /** Each is a flow of its own, and none may arrive. */
    DENIED,
    /** Each is a flow of its own, and must come and its echo with it. */
    NEW,
    /** All are of one flow; each must come, and its echo with it. */
    LASTING,
    /** Bytes and their echoes on one TCP connection. */
    CONNECTION
  }

  /** However busy the machine is: what was not echoed by then is lost. */
  private static final Duration LOST = Duration.ofMinutes(2);

  private static final int PAUSE_MILLIS = 8;
  private static final int FAULTS_KEPT = 50;

  private final LabNetwork lab;
  private final int port;
  private final Map<Kind, AtomicLong> counts = new EnumMap<>(Kind.class);
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private final AtomicLong faultCount = new AtomicLong();
  private final List<NamespaceThread> threads = new ArrayList<>();
  private final List<Future<?>> loops = new ArrayList<>();
  private final Selector selector;
  private final EchoServer tcp = new EchoServer(() -> {});
  private final Thread receiver = new Thread(this::receive, "steady probes");
  private volatile boolean ended;

  private SteadyProbes(LabNetwork lab, int port) throws IOException {
    this.lab = lab;
    this.port = port;
    selector = Selector.open();
    for (Kind kind : Kind.values()) {
      counts.put(kind, new AtomicLong());
    }
  }

  /** Answers on a port of some members; nothing is sent yet. */
  public static SteadyProbes start(LabNetwork lab, int port, List<String> receivers)
      throws IOException {
    SteadyProbes probes = new SteadyProbes(lab, port);
    for (String member : receivers) {
      DatagramChannel channel =
          lab.inside(member, () -> (DatagramChannel) EchoServer.udp(new InetSocketAddress(port)));
      channel.register(probes.selector, SelectionKey.OP_READ);
      probes.tcp.serve(
          member, List.of(lab.inside(member, () -> EchoServer.tcp(new InetSocketAddress(port)))));
    }
    probes.receiver.setDaemon(true);
    probes.receiver.start();
    return probes;
  }

  /** Sends from one member to all addresses of another from now on. */
  public void send(Kind kind, String from, String to) throws IOException {
    for (String address : lab.addresses(to)) {
      InetSocketAddress target = new InetSocketAddress(IpLiteral.parse(address), port);
      NamespaceThread thread = new NamespaceThread(lab.namespace(from));
      threads.add(thread);
      String name = kind + " " + from + " > " + to + " " + address;
      loops.add(thread.submit(() -> loop(kind, name, target)));
    }
  }

  /** How many probes of each kind were made. */
  public String counts() {
    return counts.toString().toLowerCase(java.util.Locale.ROOT);
  }

  /** How many probes of a kind were made. */
  public long count(Kind kind) {
    return counts.get(kind).get();
  }

  /** What must not have happened, with the time; the first of them where there are many. */
  public List<String> faults() {
    return List.copyOf(faults);
  }

  private Void loop(Kind kind, String name, InetSocketAddress target) throws Exception {
    SourcePorts ports = new SourcePorts();
    switch (kind) {
      case DENIED, NEW -> {
        while (!ended) {
          try (DatagramChannel channel = DatagramChannel.open()) {
            ports.bind(channel);
            exchange(kind, name, channel, target);
          }
        }
      }
      case LASTING -> {
        try (DatagramChannel channel = DatagramChannel.open()) {
          ports.bind(channel);
          while (!ended) {
            exchange(kind, name, channel, target);
          }
        }
      }
      case CONNECTION -> {
        try (LongConnection connection = LongConnection.open(ports, target, LOST)) {
          while (!ended) {
            counts.get(kind).incrementAndGet();
            if (!connection.ping(LOST)) {
              fault(name + " broke");
              return null;
            }
            Thread.sleep(PAUSE_MILLIS);
          }
        }
      }
    }
    return null;
  }

  private void exchange(Kind kind, String name, DatagramChannel channel, InetSocketAddress target)
      throws Exception {
    long number = counts.get(kind).incrementAndGet();
    byte[] text = (name + " #" + number).getBytes(StandardCharsets.UTF_8);
    channel.send(ByteBuffer.wrap(text), target);
    if (kind != Kind.DENIED) {
      DatagramPacket echo = new DatagramPacket(new byte[512], 512);
      channel.socket().setSoTimeout((int) LOST.toMillis());
      try {
        channel.socket().receive(echo);
      } catch (SocketTimeoutException e) {
        fault(name + " #" + number + " was lost");
      }
    }
    Thread.sleep(PAUSE_MILLIS);
  }

  private void receive() {
    ByteBuffer buffer = ByteBuffer.allocate(512);
    try {
      while (!ended) {
        selector.select();
        for (SelectionKey key : selector.selectedKeys()) {
          DatagramChannel channel = (DatagramChannel) key.channel();
          for (var peer = channel.receive(buffer.clear());
              peer != null;
              peer = channel.receive(buffer.clear())) {
            String text = StandardCharsets.UTF_8.decode(buffer.flip()).toString();
            if (text.startsWith(Kind.DENIED.name())) {
              fault(text + " arrived");
            } else {
              channel.send(buffer.rewind(), peer);
            }
          }
        }
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      fault("the receiver failed: " + e);
    }
  }

  private void fault(String what) {
    if (faultCount.incrementAndGet() <= FAULTS_KEPT) {
      faults.add(java.time.LocalTime.now() + " " + what);
    }
  }

  /** Waits for what is on its way, and stops; a second call does nothing. */
  @Override
  public void close() throws IOException {
    if (ended) {
      return;
    }
    ended = true;
    for (Future<?> loop : loops) {
      NamespaceThread.await(loop);
    }
    threads.forEach(NamespaceThread::close);
    selector.wakeup();
    tcp.close();
    try {
      receiver.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
