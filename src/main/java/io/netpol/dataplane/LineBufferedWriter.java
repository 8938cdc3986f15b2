package io.netpol.dataplane;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Writes text to a pipe in whole lines, even if the writer is killed: ipset might execute the first
 * half of a line.
 */
final class LineBufferedWriter {

  /** PIPE_BUF, the bytes that a write to a pipe transfers atomically (pipe(7)). */
  private static final int ATOMIC_BYTES = 4096;

  private LineBufferedWriter() {}

  /** Copies all text; a line longer than {@link #ATOMIC_BYTES} may be split. */
  static void copy(InputStream from, OutputStream to) throws IOException {
    byte[] chunk = new byte[ATOMIC_BYTES];
    int held = 0;
    for (int n = from.readNBytes(chunk, 0, ATOMIC_BYTES); n > 0; ) {
      held += n;
      int whole = held < ATOMIC_BYTES ? held : endOfLastLine(chunk);
      to.write(chunk, 0, whole);
      to.flush();
      held -= whole;
      System.arraycopy(chunk, whole, chunk, 0, held);
      n = from.readNBytes(chunk, held, ATOMIC_BYTES - held);
    }
    to.write(chunk, 0, held);
  }

  private static int endOfLastLine(byte[] chunk) {
    for (int end = chunk.length; end > 0; end--) {
      if (chunk[end - 1] == '\n') {
        return end;
      }
    }
    return chunk.length;
  }
}
