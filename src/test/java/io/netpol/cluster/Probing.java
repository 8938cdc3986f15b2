package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A pod that connects to targets all the time, and notes which of its connections pass. */
final class Probing implements AutoCloseable {

  /** A round takes longer, and each kubectl costs what the pods then lack. */
  private static final long PAUSE_MILLIS = 500;

  private final Namespace namespace;
  private final String pod;

  /**
   * Starts it with its name as its role.
   *
   * @param targets what it connects to
   */
  Probing(Namespace namespace, String name, String node, Collection<Target> targets) {
    this(namespace, name, node, name, 3, targets);
  }

  /**
   * Starts it.
   *
   * @param role what policies select it by
   * @param seconds how long a connection has time to pass
   */
  Probing(
      Namespace namespace,
      String name,
      String node,
      String role,
      int seconds,
      Collection<Target> targets) {
    this.namespace = namespace;
    this.pod = name;
    String round =
        targets.stream()
            .map(
                each ->
                    "(%s 2>/dev/null && echo 'passed %2$s' || echo 'failed %2$s') &"
                        .formatted(each.attempt(seconds), each.name()))
            .collect(Collectors.joining("\n"));
    // The next attempts begin while these have time to be answered.
    String loop =
        "while :; do for i in 1 2 3 4 5; do\n"
            + round
            + "\nsleep 0.3; done; wait; echo ROUND; done";
    namespace.apply(TestPod.script(name, node, loop).role(role).yaml());
    namespace.ready(name);
  }

  /** Waits until all targets were tried several times after now. */
  void goOn() throws Exception {
    long now = rounds();
    Eventually.holds(
        "rounds of " + pod,
        () -> {
          Thread.sleep(PAUSE_MILLIS);
          return rounds() > now + 1;
        });
  }

  /** How many lines it has noted so far. */
  int position() {
    return (int) log().count();
  }

  /** Names the targets that a connection of its, noted after a position, has reached. */
  List<String> passed(int position) {
    return noted("passed ", position);
  }

  /** Names the targets that a connection of its, noted after a position, has not reached. */
  List<String> failed(int position) {
    return noted("failed ", position);
  }

  /** Asserts that nothing has answered, until it has tried all after now. */
  void assertNoAnswer() throws Exception {
    goOn();
    assertThat(passed(0)).as("what %s reaches and must not", pod).isEmpty();
  }

  private List<String> noted(String result, int position) {
    return log()
        .skip(position)
        .filter(line -> line.startsWith(result))
        .map(line -> line.substring(result.length()))
        .distinct()
        .toList();
  }

  private long rounds() {
    return log().filter("ROUND"::equals).count();
  }

  private Stream<String> log() {
    return namespace.ask("logs", pod, "--tail=-1").lines();
  }

  /** Ends it. */
  @Override
  public void close() {
    namespace.delete("pod/" + pod);
  }
}
