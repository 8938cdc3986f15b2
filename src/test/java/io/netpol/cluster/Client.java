package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cluster.RealCluster.Ended;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Connects to targets from one place: a pod, or outside of the cluster. */
final class Client {

  /** How often it looks again whether the agents have come to what is right. */
  private static final int ROUNDS = 10;

  private final String name;
  private final Function<String, Ended> shell;

  private Client(String name, Function<String, Ended> shell) {
    this.name = name;
    this.shell = shell;
  }

  static Client pod(Namespace namespace, String pod) {
    return new Client(pod, script -> namespace.shell(pod, script));
  }

  /** The machine that the API server runs on, which is no node. */
  static Client outside() {
    return new Client("outside", script -> RealCluster.run("", List.of("sh", "-c", script)));
  }

  /** Names the targets that answer, all asked at once. */
  TreeSet<String> answering(Collection<Target> targets) {
    String script =
        targets.stream()
            .map(each -> "(" + each.attempt() + " >/dev/null 2>&1 && echo '" + each.name() + "') &")
            .collect(Collectors.joining("\n", "", "\nwait\necho asked\n"));
    Ended ended = shell.apply(script);
    TreeSet<String> answering = new TreeSet<>(ended.stdout().lines().toList());
    assertThat(answering.remove("asked")).as("%s: %s", name, ended).isTrue();
    return answering;
  }

  /** Asserts that exactly the named targets answer, where agents have had time to get there. */
  void reachesOnly(Collection<String> names, Collection<Target> targets) {
    TreeSet<String> expected = new TreeSet<>(names);
    TreeSet<String> answering = answering(targets);
    for (int round = 1; round < ROUNDS && !answering.equals(expected); round++) {
      answering = answering(targets);
    }
    TreeSet<String> wrong = new TreeSet<>(answering);
    wrong.removeAll(expected);
    TreeSet<String> missing = new TreeSet<>(expected);
    missing.removeAll(answering);
    assertThat(wrong).as("what %s reaches and should not", name).isEmpty();
    assertThat(missing).as("what %s should reach and does not", name).isEmpty();
  }
}
