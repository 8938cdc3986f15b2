package io.netpol.route.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LetterFolderTest {

  private static final long NO_LIMIT = 1L << 30;

  @TempDir private Path temp;
  private Path folder;

  @org.junit.jupiter.api.BeforeEach
  void name() {
    folder = temp.resolve("not/yet/there");
  }

  @Test
  void letterIsReadAsItWasWritten() throws IOException {
    LetterFolder letters = new LetterFolder(folder, 10, NO_LIMIT);
    assertThat(letters.list()).isEmpty();
    DeadLetter letter = letter("a", "payload");
    letters.write("a", json(letter));
    assertThat(letters.read("a")).isEqualTo(letter);
    assertThat(Files.list(folder)).hasSize(1);
    assertThat(letters.delete("a")).isTrue();
    assertThat(letters.delete("a")).isFalse();
    assertThatThrownBy(() -> letters.read("a")).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void lettersThatFailedLongestAgoAreRemovedBeyondTheBound() throws IOException {
    LetterFolder letters = new LetterFolder(folder, 3, NO_LIMIT);
    for (String id : List.of("d", "a", "c", "b")) {
      letters.write(id, json(letter(id, "")));
      age(id, "d".equals(id) ? 9 : 1);
    }
    assertThat(letters.ids()).containsExactly("a", "b", "c");
    age("c", 5);
    letters.write("e", json(letter("e", "")));
    assertThat(letters.ids()).containsExactly("a", "b", "e");
  }

  @Test
  void lettersTogetherStayWithinTheirSpace() throws IOException {
    LetterFolder letters = new LetterFolder(folder, 100, 11_000);
    for (int i = 0; i < 20; i++) {
      letters.write("l" + i, json(letter("l" + i, "x".repeat(3_000))));
      age("l" + i, 100 - i);
    }
    assertThat(letters.ids()).containsExactly("l17", "l18", "l19");
  }

  @Test
  void halfWrittenLettersAreRemovedAndNothingElse() throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve(".part-a"), "{\"id\":");
    Files.writeString(folder.resolve("a.json"), "{}");
    Files.writeString(folder.resolve("notes.txt"), "mine");
    assertThat(new LetterFolder(folder, 10, NO_LIMIT).removeParts()).isEqualTo(1);
    assertThat(Files.list(folder).map(file -> file.getFileName().toString()))
        .containsExactlyInAnyOrder("a.json", "notes.txt");
  }

  @Test
  void fileThatIsNotALetterIsListedWithItsProblem() throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("half.json"), "{\"id\": \"ha");
    Files.writeString(folder.resolve("other.json"), "{\"id\": \"another\"}");
    Files.write(folder.resolve("bytes.json"), new byte[] {(byte) 0xff, 0, 1});
    Files.createDirectories(folder.resolve("folder.json"));
    Files.createSymbolicLink(folder.resolve("link.json"), Path.of("/etc/passwd"));
    LetterFolder letters = new LetterFolder(folder, 10, NO_LIMIT);
    assertThat(letters.list())
        .allSatisfy(entry -> assertThat(entry.problem()).startsWith("cannot be read"))
        .extracting(LetterFolder.Entry::id)
        .containsExactly("bytes", "half", "other");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "../a", "a/b", ".part-a", "/etc/passwd", "a\nb", "a b", "-a"})
  void idNeverLeadsOutOfTheFolder(String id) {
    LetterFolder letters = new LetterFolder(folder, 10, NO_LIMIT);
    assertThatThrownBy(() -> letters.file(id, ".json"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> letters.write(id, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void folderThatCannotBeCreatedIsAnError() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    LetterFolder letters = new LetterFolder(file.resolve("letters"), 10, NO_LIMIT);
    assertThat(letters.list()).isEmpty();
    assertThatThrownBy(() -> letters.write("a", new byte[1]))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("file");
  }

  @Test
  void longPayloadIsShortenedAroundTheFailingLine() {
    StringBuilder payload = new StringBuilder();
    for (int i = 1; i <= 1_000; i++) {
      payload.append("line number ").append(i).append('\n');
    }
    PayloadExcerpt middle = PayloadExcerpt.of(payload.toString(), 500, 200);
    assertThat(middle.text()).contains("line number 500\n").hasSizeLessThanOrEqualTo(200);
    assertThat(middle.lines()).isEqualTo("lines 494 to 505 of 1000");
    assertThat(PayloadExcerpt.of(payload.toString(), 0, 200).lines())
        .isEqualTo("lines 1 to 13 of 1000");
    assertThat(PayloadExcerpt.of(payload.toString(), 1_000, 200).text())
        .endsWith("line number 1000\n");
    assertThat(PayloadExcerpt.of(payload.toString(), 500, 1_000_000).lines()).isNull();
    PayloadExcerpt long1 = PayloadExcerpt.of("short\n" + "x".repeat(500) + "\n", 2, 100);
    assertThat(long1.text()).isEqualTo("x".repeat(100));
    assertThat(long1.lines()).isEqualTo("the start of line 2 of 2");
  }

  /** As version 0.1 of the agent wrote it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"shop/web\"] | [shop/web] | [] | ",
        "[] | [] | [shop/other, shop/web] | an earlier version of the agent did not say why"
      })
  void letterOfTheFirstSchemaIsRead(
      String linePolicies, String policies, String candidates, String unknown) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("a.json"),
        """
        {"id": "a", "pods": ["shop/a"], "policies": ["shop/other", "shop/web"],
         "linePolicies": %s, "error": "refused", "state": "CLOSED", "attempts": 3,
         "first": "2026-01-02T03:04:05Z", "last": "2026-01-02T03:04:06Z"}
        """
            .formatted(linePolicies));
    DeadLetter letter = new LetterFolder(folder, 10, NO_LIMIT).read("a");
    assertThat(letter.schemaVersion()).isEqualTo(DeadLetter.SCHEMA_VERSION);
    assertThat(letter.policies()).hasToString(policies);
    assertThat(letter.candidates()).hasToString(candidates);
    assertThat(letter.policyUnknown()).isEqualTo(unknown);
    assertThat(letter.attempts()).isEqualTo(3);
    assertThat(letter.node()).isNull();
  }

  private void age(String id, int seconds) throws IOException {
    Files.setLastModifiedTime(
        folder.resolve(id + ".json"),
        FileTime.from(Instant.now().getEpochSecond() - seconds, TimeUnit.SECONDS));
  }

  static DeadLetter letter(String id, String payload) {
    Instant time = Instant.parse("2026-01-02T03:04:05.678Z");
    return new DeadLetter(
        DeadLetter.SCHEMA_VERSION,
        id,
        "n1",
        "1.2.3",
        "0123456789ABCDE-0000000000000001",
        List.of("shop/" + id),
        List.of(),
        List.of("shop/web"),
        null,
        List.of(),
        List.of("Pod shop/" + id),
        "iptables",
        payload,
        null,
        2,
        "Error occurred at line: 1",
        1,
        "-A x",
        "iptables-restore ended with status 2",
        DeadLetter.State.LAST_RULES,
        1,
        time,
        time);
  }

  private static byte[] json(DeadLetter letter) throws IOException {
    return LetterFolder.mapper().writeValueAsString(letter).getBytes(StandardCharsets.UTF_8);
  }
}
