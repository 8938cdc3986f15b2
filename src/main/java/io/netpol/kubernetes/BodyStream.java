package io.netpol.kubernetes;

import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads the body of a response while it arrives. The client's thread fills it, and requests no more
 * than one piece ahead, so that a slow reader slows down the server. One thread reads; any may
 * close.
 *
 * <p>The stream of the client copies byte by byte, and waits without a limit.
 */
final class BodyStream extends InputStream implements AsyncBody.Consumer<List<ByteBuffer>> {

  /** Reports that nothing arrived for too long. */
  static final class SilenceException extends IOException {

    private static final long serialVersionUID = 1L;

    SilenceException(Duration silence) {
      super(new TimeoutException("nothing arrived for " + silence.toMillis() + " ms"));
    }
  }

  private final Deque<ByteBuffer> pieces = new ArrayDeque<>();
  private AsyncBody body;
  private Throwable failure;
  private boolean requested;
  private boolean done;
  private boolean closed;
  private Duration silence;

  /**
   * Makes a stream without a body.
   *
   * @param silence how long a read waits for a piece
   */
  BodyStream(Duration silence) {
    this.silence = silence;
  }

  /** Sets how long a read waits for a piece. */
  synchronized void setSilence(Duration next) {
    silence = next;
  }

  /** Begins to request the body. */
  void begin(AsyncBody arriving) {
    synchronized (this) {
      body = arriving;
      requested = true;
    }
    arriving.done().whenComplete((nothing, thrown) -> end(thrown));
    arriving.consume();
    boolean late;
    synchronized (this) {
      late = closed;
    }
    if (late) {
      arriving.cancel();
    }
  }

  @Override
  public synchronized void consume(List<ByteBuffer> arrived, AsyncBody from) {
    pieces.addAll(arrived);
    requested = false;
    notifyAll();
  }

  private synchronized void end(Throwable thrown) {
    failure = thrown;
    done = true;
    notifyAll();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    ByteBuffer piece = piece();
    if (piece == null) {
      return -1;
    }
    int count = Math.min(length, piece.remaining());
    piece.get(into, offset, count);
    return count;
  }

  /** Returns the first piece with a byte in it; null at the end. */
  private ByteBuffer piece() throws IOException {
    long start = System.nanoTime();
    while (true) {
      AsyncBody more = null;
      synchronized (this) {
        while (!pieces.isEmpty() && !pieces.peek().hasRemaining()) {
          pieces.remove();
        }
        if (closed) {
          throw new IOException("the stream was closed");
        } else if (!pieces.isEmpty()) {
          return pieces.peek();
        } else if (done) {
          if (failure != null) {
            throw new IOException(failure);
          }
          return null;
        } else if (requested) {
          await(start);
        } else {
          requested = true;
          more = body;
        }
      }
      if (more != null) {
        more.consume(); // outside the lock: some clients deliver in this call
      }
    }
  }

  private synchronized void await(long start) throws IOException {
    long left = silence.toNanos() - (System.nanoTime() - start);
    if (left <= 0) {
      throw new SilenceException(silence);
    }
    try {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    AsyncBody open;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      open = done ? null : body;
      notifyAll();
    }
    if (open != null) {
      open.cancel();
    }
  }
}
