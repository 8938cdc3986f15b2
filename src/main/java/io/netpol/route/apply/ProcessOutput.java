package io.netpol.route.apply;

import java.io.ByteArrayInputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.apache.camel.Converter;

/**
 * Keeps what a command printed in the pieces in which it arrived. In a large cluster that is tens
 * of megabytes, which a growing array or a decoder would copy several times.
 */
@Converter(generateLoader = true)
public final class ProcessOutput extends SequenceInputStream {

  private final List<byte[]> pieces;

  /** Creates a stream of the pieces, which must not change any more. */
  ProcessOutput(List<byte[]> pieces) {
    super(Collections.enumeration(pieces.stream().map(ByteArrayInputStream::new).toList()));
    this.pieces = pieces;
  }

  /** Returns all of it as UTF-8 text, whatever was read from the stream. */
  String text() {
    byte[] all = new byte[pieces.stream().mapToInt(piece -> piece.length).sum()];
    int end = 0;
    for (byte[] piece : pieces) {
      System.arraycopy(piece, 0, all, end, piece.length);
      end += piece.length;
    }
    return new String(all, StandardCharsets.UTF_8);
  }

  /** Converts the output to text, for {@code convertBodyTo}. */
  @Converter
  public static String toText(ProcessOutput output) {
    return output.text();
  }
}
