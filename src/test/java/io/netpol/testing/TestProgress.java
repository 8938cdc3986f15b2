package io.netpol.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes which test runs just now into a file of the folder that {@code NETPOL_TEST_PROGRESS}
 * names, one file for each test JVM; {@code ./dev} reads it. Writes nothing where the variable is
 * not set.
 *
 * <p>The file has one line: how many classes are done, how many there are (0 where that is not
 * known), when this class began in seconds since 1970, and the test.
 */
public final class TestProgress implements TestExecutionListener {

  /** Each class may come in a plan of its own, with a listener of its own. */
  private static final AtomicInteger DONE = new AtomicInteger();

  private final Path file;
  private TestPlan plan;
  private long classes;
  private long began;

  /** Called by the JUnit platform. */
  public TestProgress() {
    this(
        Optional.ofNullable(System.getenv("NETPOL_TEST_PROGRESS"))
            .filter(folder -> !folder.isEmpty())
            .map(folder -> Path.of(folder, "jvm-" + ProcessHandle.current().pid()))
            .orElse(null));
  }

  /** Writes to this file; null for none. */
  TestProgress(Path file) {
    this.file = file;
  }

  @Override
  public void testPlanExecutionStarted(TestPlan started) {
    plan = started;
    long all =
        started.getRoots().stream()
            .flatMap(root -> started.getDescendants(root).stream())
            .filter(this::isClass)
            .count();
    classes = all > 1 ? all : 0; // else the classes come one by one
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    if (isClass(test)) {
      began = Instant.now().getEpochSecond();
      write(className(test).orElseThrow());
    } else if (test.getSource().orElse(null) instanceof MethodSource method) {
      String name = method.getClassName();
      write(name.substring(name.lastIndexOf('.') + 1) + "." + method.getMethodName());
    }
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (isClass(test)) {
      DONE.incrementAndGet();
    }
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    if (isClass(test)) {
      DONE.incrementAndGet();
    }
  }

  /** Whether it is a class that is not within another one. */
  private boolean isClass(TestIdentifier test) {
    return className(test).isPresent()
        && plan.getParent(test).flatMap(TestProgress::className).isEmpty();
  }

  private static Optional<String> className(TestIdentifier test) {
    return test.getSource()
        .filter(ClassSource.class::isInstance)
        .map(source -> ((ClassSource) source).getClassName())
        .map(name -> name.substring(name.lastIndexOf('.') + 1));
  }

  private void write(String what) {
    if (file == null) {
      return;
    }
    try {
      // Whoever reads it finds a whole line.
      Path next = file.resolveSibling("." + file.getFileName());
      Files.writeString(next, DONE.get() + " " + classes + " " + began + " " + what + "\n");
      Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
