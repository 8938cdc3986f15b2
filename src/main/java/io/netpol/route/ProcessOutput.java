package io.netpol.route;

import java.io.ByteArrayInputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.apache.camel.Converter;

/**
 * What a command printed, in the pieces in which it came. In a large cluster these are tens of
 * megabytes, which no array that grows and no decoder has to copy again and again.
 */
@Converter(generateLoader = true)
public final class ProcessOutput extends SequenceInputStream {

  private final List<byte[]> pieces;

  /** All of it, from the start; the pieces may not change any more. */
  ProcessOutput(List<byte[]> pieces) {
    super(Collections.enumeration(pieces.stream().map(ByteArrayInputStream::new).toList()));
    this.pieces = pieces;
  }

  /** All of it as text in UTF-8, whatever was read of the stream. */
  String text() {
    byte[] all = new byte[pieces.stream().mapToInt(piece -> piece.length).sum()];
    int end = 0;
    for (byte[] piece : pieces) {
      System.arraycopy(piece, 0, all, end, piece.length);
      end += piece.length;
    }
    return new String(all, StandardCharsets.UTF_8);
  }

  /** Makes text of it where a route asks for that. */
  @Converter
  public static String toText(ProcessOutput printed) {
    return printed.text();
  }
}
