package io.netpol.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Finds out by TCP connections what a node forwards, from a network namespace that has all source
 * addresses. Each attempt is a new connection from another port, so no earlier one speaks for it.
 * The same namespace accepts connections on given ports.
 *
 * <p>{@link #call()} runs on the thread that lives in the namespace; the other methods are for any
 * thread.
 */
final class PacketProbe implements AutoCloseable, Callable<Void> {

  /** Between two attempts of a young question: what a latency is exact to. */
  private static final long STEP_NANOS = 500_000;

  /** A question of some age is asked less often: its latency is exact to this part of it. */
  private static final int PART = 40;

  private static final long LONGEST_STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

  /** Between two attempts of a connection that shall become denied. */
  private static final long DENIED_STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** An attempt that is not answered by then is denied. */
  private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  /** As many in succession; one alone may be a busy machine. */
  private static final int FAILURES = 2;

  private static final long POLL_NANOS = 100_000;

  /** A connection that shall become allowed or denied. */
  private static final class Question {
    final InetSocketAddress source;
    final InetSocketAddress destination;
    final boolean allowed;
    final long start = System.nanoTime();
    final long limitNanos;
    final CompletableFuture<Long> answer = new CompletableFuture<>();
    long next = start;
    int open;
    int failures;
    long firstFailure;

    Question(
        InetSocketAddress source, InetSocketAddress destination, boolean allowed, Duration limit) {
      this.source = source;
      this.destination = destination;
      this.allowed = allowed;
      this.limitNanos = limit.toNanos();
    }

    void connected(long now) {
      open--;
      failures = 0;
      if (allowed) {
        answer.complete(now);
      }
    }

    void failed(long sent) {
      open--;
      if (allowed) {
        return;
      }
      firstFailure = failures++ == 0 ? sent : firstFailure;
      if (failures == FAILURES) {
        answer.complete(firstFailure);
      }
    }

    long step(long now) {
      if (!allowed) {
        return DENIED_STEP_NANOS;
      }
      return Math.min(LONGEST_STEP_NANOS, Math.max(STEP_NANOS, (now - start) / PART));
    }
  }

  private record Attempt(Question question, SocketChannel channel, long sent) {}

  private final Selector selector;
  private final List<ServerSocketChannel> listeners = new ArrayList<>();
  private final Queue<Question> asked = new ConcurrentLinkedQueue<>();
  private final Queue<Runnable> work = new ConcurrentLinkedQueue<>();
  private final List<Question> questions = new ArrayList<>();
  private final Deque<Attempt> attempts = new ArrayDeque<>();
  private volatile boolean closed;

  private PacketProbe(Selector selector) {
    this.selector = selector;
  }

  /** Opens one in the network namespace of this thread, which accepts on these ports. */
  static PacketProbe open(Collection<Integer> ports) throws IOException {
    PacketProbe probe = new PacketProbe(Selector.open());
    Selector accepting = Selector.open();
    for (int port : ports) {
      ServerSocketChannel listener = ServerSocketChannel.open();
      listener.bind(new InetSocketAddress(port), 4_096).configureBlocking(false);
      listener.register(accepting, SelectionKey.OP_ACCEPT);
      probe.listeners.add(listener);
    }
    Thread acceptor = new Thread(() -> probe.accept(accepting), "probe listener");
    acceptor.setDaemon(true);
    acceptor.start();
    return probe;
  }

  private void accept(Selector accepting) {
    try {
      while (!closed) {
        accepting.select(200);
        for (SelectionKey key : accepting.selectedKeys()) {
          SocketChannel channel = ((ServerSocketChannel) key.channel()).accept();
          if (channel != null) {
            channel.close();
          }
        }
        accepting.selectedKeys().clear();
      }
    } catch (IOException | java.nio.channels.ClosedSelectorException e) {
      if (!closed) {
        System.err.println("bench: a listener ended: " + e);
      }
    }
  }

  /** Completes with the time at which a connection was first established. */
  CompletableFuture<Long> whenAllowed(String source, String destination, int port, Duration limit) {
    return ask(source, destination, port, true, limit);
  }

  /** Completes with the time of the first packet of those that were not answered any more. */
  CompletableFuture<Long> whenDenied(String source, String destination, int port, Duration limit) {
    return ask(source, destination, port, false, limit);
  }

  private CompletableFuture<Long> ask(
      String source, String destination, int port, boolean allowed, Duration limit) {
    try {
      Question question =
          new Question(
              new InetSocketAddress(InetAddress.getByName(source), 0),
              new InetSocketAddress(InetAddress.getByName(destination), port),
              allowed,
              limit);
      asked.add(question);
      return question.answer;
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Connects again and again, one after the other, and returns how many a second. */
  double connectionsASecond(String source, String destination, int port, Duration time)
      throws Exception {
    InetSocketAddress from = new InetSocketAddress(InetAddress.getByName(source), 0);
    InetSocketAddress to = new InetSocketAddress(InetAddress.getByName(destination), port);
    CompletableFuture<Double> rate = new CompletableFuture<>();
    work.add(
        () -> {
          try {
            rate.complete(connect(from, to, time.toNanos()));
          } catch (IOException e) {
            rate.completeExceptionally(e);
          }
        });
    return rate.get(time.toSeconds() + 60, TimeUnit.SECONDS);
  }

  private static double connect(InetSocketAddress from, InetSocketAddress to, long nanos)
      throws IOException {
    long start = System.nanoTime();
    long count = 0;
    while (System.nanoTime() - start < nanos) {
      try (SocketChannel channel = SocketChannel.open()) {
        // Ended with a reset: nothing waits, and the port is free again at once.
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.bind(from);
        channel.socket().connect(to, 5_000);
        count++;
      }
    }
    return count * 1e9 / (System.nanoTime() - start);
  }

  /** Answers questions until it is closed. */
  @Override
  public Void call() throws IOException {
    while (!closed) {
      for (Runnable next; (next = work.poll()) != null; ) {
        next.run();
      }
      for (Question next; (next = asked.poll()) != null; ) {
        questions.add(next);
      }
      attemptAll();
      selector.selectNow();
      for (SelectionKey key : selector.selectedKeys()) {
        finish((Attempt) key.attachment());
      }
      selector.selectedKeys().clear();
      expire();
      LockSupport.parkNanos(questions.isEmpty() ? 10 * POLL_NANOS : POLL_NANOS);
    }
    selector.close();
    return null;
  }

  private void attemptAll() throws IOException {
    for (Iterator<Question> each = questions.iterator(); each.hasNext(); ) {
      Question question = each.next();
      long now = System.nanoTime();
      if (question.answer.isDone()) {
        each.remove();
      } else if (now - question.start > question.limitNanos) {
        question.answer.completeExceptionally(
            new TimeoutException(
                "%s to %s did not become %s"
                    .formatted(
                        question.source.getAddress().getHostAddress(),
                        question.destination,
                        question.allowed ? "allowed" : "denied")));
        each.remove();
      } else if (now >= question.next && (question.allowed || question.open == 0)) {
        question.next = now + question.step(now);
        attempt(question);
      }
    }
  }

  private void attempt(Question question) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    channel.configureBlocking(false);
    channel.bind(question.source);
    long sent = System.nanoTime();
    Attempt attempt = new Attempt(question, channel, sent);
    question.open++;
    try {
      channel.connect(question.destination);
      channel.register(selector, SelectionKey.OP_CONNECT, attempt);
      attempts.add(attempt);
    } catch (IOException e) {
      channel.close();
      question.failed(sent);
    }
  }

  private static void finish(Attempt attempt) {
    try {
      if (attempt.channel().finishConnect()) {
        attempt.question().connected(System.nanoTime());
      }
    } catch (IOException e) {
      attempt.question().failed(attempt.sent());
    }
    close(attempt.channel());
  }

  private void expire() {
    long now = System.nanoTime();
    while (!attempts.isEmpty()
        && (!attempts.peek().channel().isOpen()
            || now - attempts.peek().sent() > SILENCE_NANOS
            || attempts.peek().question().answer.isDone())) {
      Attempt attempt = attempts.remove();
      if (attempt.channel().isOpen()) {
        attempt.question().failed(attempt.sent());
        close(attempt.channel());
      }
    }
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is of no use any more in either case.
    }
  }

  @Override
  public void close() {
    closed = true;
    for (ServerSocketChannel listener : listeners) {
      try {
        listener.close();
      } catch (IOException e) {
        // The namespace ends with all in it.
      }
    }
  }
}
