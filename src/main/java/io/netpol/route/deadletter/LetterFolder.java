package io.netpol.route.deadletter;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Stores dead letters as files. A file is written completely or not at all. The folder is bounded
 * in files and bytes; the letters that failed longest ago are removed first. Thread-safe within a
 * process; others may read and delete files at any time.
 */
public final class LetterFolder {

  /** What follows the id in the name of a letter's file. */
  public static final String SUFFIX = ".json";

  /** A file name without separators or a leading dot: an id can never lead out of the folder. */
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,199}");

  private static final String PART = ".part-";

  /**
   * A letter's file.
   *
   * @param letter null if the file is not readable as a letter
   * @param problem why it is not; null if it is
   */
  public record Entry(String id, DeadLetter letter, String problem) {}

  private record File(Path path, long modified, long size) {}

  private final Path folder;
  private final int mostFiles;
  private final long mostBytes;
  private final ObjectMapper mapper = mapper();

  /** Stores letters in a folder, which is created with the first letter. */
  public LetterFolder(Path folder, int mostFiles, long mostBytes) {
    this.folder = folder;
    this.mostFiles = mostFiles;
    this.mostBytes = mostBytes;
  }

  /** Returns the folder that the settings name. */
  public static LetterFolder of(Settings settings) {
    return new LetterFolder(
        Path.of(settings.get(Setting.DEAD_LETTERS)),
        settings.mostLetters(),
        settings.mostLetterBytes());
  }

  /** Returns the mapper for letters as files have them. */
  public static ObjectMapper mapper() {
    return new ObjectMapper()
        .registerModule(new JavaTimeModule())
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);
  }

  /** Returns whether the text is valid as a letter's id. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** Returns the folder. */
  public Path path() {
    return folder;
  }

  /**
   * Writes a letter, and replaces one with the same id.
   *
   * @return how many of the oldest letters were removed
   * @throws IOException if it cannot be written; a letter with the same id is left as it was
   */
  public synchronized int write(String id, byte[] json) throws IOException {
    Path file = file(id, SUFFIX);
    Path part = folder.resolve(PART + id);
    Files.createDirectories(folder);
    try {
      try (FileChannel out =
          FileChannel.open(
              part,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(json);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        // Before the rename: after a crash the name must not lead to an empty file, fsync(2).
        out.force(true);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    try (FileChannel itself = FileChannel.open(folder, StandardOpenOption.READ)) {
      itself.force(true);
    }
    return dropOldest(file);
  }

  private int dropOldest(Path newest) throws IOException {
    List<File> files = new ArrayList<>(files());
    long bytes = files.stream().mapToLong(File::size).sum();
    int count = files.size();
    files.removeIf(file -> file.path().equals(newest));
    files.sort(Comparator.comparingLong(File::modified).thenComparing(File::path));
    int dropped = 0;
    for (File oldest : files) {
      if (count <= mostFiles && bytes <= mostBytes) {
        break;
      }
      Files.deleteIfExists(oldest.path());
      bytes -= oldest.size();
      count--;
      dropped++;
    }
    return dropped;
  }

  private List<File> files() throws IOException {
    List<File> files = new ArrayList<>();
    for (String id : ids()) {
      Path file = file(id, SUFFIX);
      try {
        files.add(new File(file, Files.getLastModifiedTime(file).toMillis(), Files.size(file)));
      } catch (NoSuchFileException e) {
        // Another process removed it meanwhile.
      }
    }
    return files;
  }

  /**
   * Removes half-written letters that a crash left, when the agent starts.
   *
   * @return how many there were
   */
  public synchronized int removeParts() throws IOException {
    int removed = 0;
    for (String name : names()) {
      if (name.startsWith(PART) && Files.deleteIfExists(folder.resolve(name))) {
        removed++;
      }
    }
    return removed;
  }

  /** Returns the ids of all letters, in order; empty if there is no folder. */
  public List<String> ids() throws IOException {
    return names().stream()
        .filter(name -> name.endsWith(SUFFIX))
        .map(name -> name.substring(0, name.length() - SUFFIX.length()))
        .filter(LetterFolder::isId)
        .filter(id -> Files.isRegularFile(file(id, SUFFIX), LinkOption.NOFOLLOW_LINKS))
        .sorted()
        .toList();
  }

  private List<String> names() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).toList();
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Returns all letters, in order of their ids, unreadable ones with the reason. */
  public List<Entry> list() throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String id : ids()) {
      try {
        entries.add(new Entry(id, read(id), null));
      } catch (NoSuchFileException e) {
        // It was settled meanwhile.
      } catch (IOException e) {
        entries.add(new Entry(id, null, "cannot be read: " + firstLine(e)));
      }
    }
    return entries;
  }

  /**
   * Reads a letter.
   *
   * @throws NoSuchFileException if there is none of this id
   * @throws IOException if the file cannot be read, or is not a letter
   */
  public DeadLetter read(String id) throws IOException {
    Path file = file(id, SUFFIX);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new NoSuchFileException(file.toString());
    }
    if (Files.size(file) > mostBytes) {
      throw new FileSystemException(
          file.toString(), null, "larger than the limit of all letters together");
    }
    DeadLetter letter =
        mapper.treeToValue(
            LetterSchema.present(mapper.readTree(Files.readAllBytes(file))), DeadLetter.class);
    if (letter == null || !id.equals(letter.id())) {
      throw new FileSystemException(file.toString(), null, "its id differs from the file's name");
    }
    return letter;
  }

  /** Removes a letter, and returns whether there was one. */
  public boolean delete(String id) throws IOException {
    return Files.deleteIfExists(file(id, SUFFIX));
  }

  /**
   * Returns the path of a file in the folder.
   *
   * @throws IllegalArgumentException if the id is not valid
   */
  public Path file(String id, String suffix) {
    if (!isId(id)) {
      throw new IllegalArgumentException("not an id of a dead letter: " + id);
    }
    return folder.resolve(id + suffix);
  }

  private static String firstLine(IOException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString());
  }
}
