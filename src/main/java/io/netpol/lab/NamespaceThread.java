package io.netpol.lab;

import com.sun.jna.LastErrorException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs work on a thread inside a network namespace, one piece after the other.
 *
 * <p>Sockets that are opened on it belong to the namespace for good and may be used by any thread;
 * {@code /proc/sys/net} means the namespace as long as the thread opens the file. Work must start
 * neither threads nor processes, because these would inherit the namespace.
 */
final class NamespaceThread implements AutoCloseable {
  private static final Path SETTINGS = Path.of("/proc/sys/net");

  private final ExecutorService thread;

  /**
   * Starts the thread.
   *
   * @param namespace a name that {@code ip netns list} knows
   * @throws IOException if the namespace cannot be entered
   */
  NamespaceThread(String namespace) throws IOException {
    thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread created = new Thread(work, "netns " + namespace);
              created.setDaemon(true);
              return created;
            });
    try {
      call(
          () -> {
            enter(namespace);
            return null;
          });
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  <T> Future<T> submit(Callable<T> work) {
    return thread.submit(work);
  }

  <T> T call(Callable<T> work) throws IOException {
    return await(submit(work));
  }

  /** Writes kernel settings of the namespace, path under {@code /proc/sys/net} to value. */
  void set(Map<String, String> settings) throws IOException {
    call(
        () -> {
          for (Map.Entry<String, String> setting : settings.entrySet()) {
            Files.writeString(SETTINGS.resolve(setting.getKey()), setting.getValue());
          }
          return null;
        });
  }

  /** Waits for work, and throws what it threw. */
  static <T> T await(Future<T> future) throws IOException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while work in a namespace went on");
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    }
  }

  /** Ends the thread after the work that it has; the namespace is no longer held by it then. */
  @Override
  public void close() {
    thread.shutdown();
  }

  private static void enter(String namespace) throws IOException {
    try {
      int fd = LibC.open(Namespaces.DIRECTORY + namespace, LibC.O_RDONLY | LibC.O_CLOEXEC);
      try {
        LibC.setns(fd, LibC.CLONE_NEWNET);
      } finally {
        LibC.close(fd);
      }
    } catch (LastErrorException e) {
      throw new IOException("cannot enter network namespace " + namespace + ": " + e, e);
    }
  }
}
