package io.netpol.kubernetes.parse;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Remembers what was read since a mark, so that a part can be read again. One thread uses it. */
final class RecordedStream extends FilterInputStream {

  private byte[] kept = new byte[16_384];

  /** The position in the stream of the first byte in {@link #kept}. */
  private long start;

  private int length;

  /** The position before which nothing is needed any more. */
  private long needed;

  RecordedStream(InputStream in) {
    super(in);
  }

  /** Forgets what is before a position. */
  void forgetBefore(long position) {
    needed = position;
  }

  /** Returns the bytes from one position to before another. */
  byte[] part(long from, long to) {
    return Arrays.copyOfRange(
        kept, Math.toIntExact(from - start), Math.toIntExact(Math.min(to - start, length)));
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int most) throws IOException {
    int count = super.read(into, offset, most);
    if (count > 0) {
      keep(into, offset, count);
    }
    return count;
  }

  private void keep(byte[] from, int offset, int count) {
    int unneeded = (int) Math.min(Math.max(needed - start, 0), length);
    if (unneeded > 0) {
      System.arraycopy(kept, unneeded, kept, 0, length - unneeded);
      start += unneeded;
      length -= unneeded;
    }
    if (length + count > kept.length) {
      kept = Arrays.copyOf(kept, Math.max(length + count, 2 * kept.length));
    }
    System.arraycopy(from, offset, kept, length, count);
    length += count;
  }
}
