package io.netpol.lab;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Creates, finds and deletes the named network namespaces of labs. */
final class Namespaces {
  /** Where iproute2 keeps the names. */
  static final String DIRECTORY = "/run/netns/";

  private static final Pattern OURS =
      Pattern.compile("np([0-9a-f]{1,8})-[0-9]+-[a-z0-9][-a-z0-9.]*");
  private static final AtomicInteger COUNTER = new AtomicInteger();
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Namespaces() {}

  /** Returns the start of the names of one lab, unique on this machine while this process lives. */
  static String newPrefix() {
    return String.format(
        Locale.ROOT, "np%x-%d-", ProcessHandle.current().pid(), COUNTER.incrementAndGet());
  }

  /** Creates namespaces, and stops at the first that cannot be created. */
  static void create(List<String> names) throws IOException {
    batch(List.of("ip"), names.stream().map(name -> "netns add " + name).toList());
  }

  /** Deletes what exists of the given namespaces, as far as possible. */
  static void delete(List<String> names) throws IOException {
    List<String> existing = names.stream().filter(Namespaces::exists).toList();
    if (!existing.isEmpty()) {
      batch(
          List.of("ip", "-force"), existing.stream().map(name -> "netns delete " + name).toList());
    }
  }

  /**
   * Returns what a command line starts with to run inside a namespace. Unlike {@code ip netns exec}
   * this mounts nothing, and so works below a changed root as well.
   */
  static List<String> inside(String namespace) {
    return List.of("nsenter", "--net=" + DIRECTORY + namespace);
  }

  /** Carries out {@code ip} commands inside a namespace with one process. */
  static void configure(String namespace, List<String> commands) throws IOException {
    List<String> ip = new ArrayList<>(inside(namespace));
    ip.add("ip");
    batch(ip, commands);
  }

  /** Returns the namespaces of all labs on this machine whose names start as given. */
  static List<String> list(String prefix) {
    String[] names = new File(DIRECTORY).list();
    return Stream.of(names == null ? new String[0] : names)
        .filter(name -> name.startsWith(prefix) && OURS.matcher(name).matches())
        .sorted()
        .toList();
  }

  /** Returns the namespaces of labs whose process is gone. */
  static List<String> leftovers() {
    List<String> found = new ArrayList<>();
    for (String name : list("np")) {
      Matcher matcher = OURS.matcher(name);
      if (matcher.matches() && ProcessHandle.of(Long.parseLong(matcher.group(1), 16)).isEmpty()) {
        found.add(name);
      }
    }
    return found;
  }

  private static boolean exists(String name) {
    return new File(DIRECTORY + name).exists();
  }

  private static void batch(List<String> ip, List<String> lines) throws IOException {
    List<String> command =
        Stream.concat(ip.stream(), Stream.of("-batch", "-")).collect(Collectors.toList());
    String input = lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    CommandResult result = CommandResult.run(command, input, LIMIT);
    if (!result.ok()) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "%s failed (%d): %s%n%s",
              String.join(" ", command),
              result.exit(),
              result.stderr().strip(),
              input));
    }
  }
}
