package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A pod that connects to targets all the time, and notes what answers. */
final class Probing implements AutoCloseable {

  /** A round takes longer, and each kubectl costs what the pods then lack. */
  private static final long PAUSE_MILLIS = 500;

  private final Namespace namespace;
  private final String pod;

  /**
   * Starts it.
   *
   * @param name the pod's name, and its role
   * @param targets what it connects to, over TCP
   */
  Probing(Namespace namespace, String name, String node, Collection<Target> targets) {
    this(namespace, name, node, name, targets);
  }

  /** Starts it with another role than its name. */
  Probing(Namespace namespace, String name, String node, String role, Collection<Target> targets) {
    this.namespace = namespace;
    this.pod = name;
    String round =
        targets.stream()
            .map(
                each ->
                    "(" + each.attempt() + " 2>/dev/null && echo 'ANSWER " + each.name() + "') &")
            .collect(Collectors.joining("\n"));
    // Each attempt has its time to be answered; the next begins meanwhile.
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

  /** Names what has answered since it started. */
  List<String> answers() {
    return log().filter(line -> line.startsWith("ANSWER")).distinct().toList();
  }

  /** Asserts that nothing has answered, until it has tried all after now. */
  void assertNoAnswer() throws Exception {
    goOn();
    assertThat(answers()).as("what %s reaches and must not", pod).isEmpty();
  }

  private long rounds() {
    return log().filter("ROUND"::equals).count();
  }

  private Stream<String> log() {
    return namespace.ask("logs", pod).lines();
  }

  /** Ends it. */
  @Override
  public void close() {
    namespace.delete("pod/" + pod);
  }
}
