package io.netpol.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Texts that were looked at by a person and must stay as they are. {@code -Dgolden=write} writes
 * them anew; look at the difference before it is committed.
 */
public final class Golden {

  private Golden() {}

  /** Whether texts are written anew. */
  public static boolean isWritten() {
    return "write".equals(System.getProperty("golden"));
  }

  /** Holds a text against the file. */
  public static void check(Path file, String text) throws IOException {
    if (isWritten()) {
      Files.writeString(file, text);
      return;
    }
    assertThat(text)
        .as("%s; if the new text is right: -Dgolden=write", file)
        .isEqualTo(Files.readString(file));
  }
}
