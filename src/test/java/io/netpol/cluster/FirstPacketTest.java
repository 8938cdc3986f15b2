package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Pods that connect before anybody knows of them, with {@code netpol.unprogrammed=drop}: the
 * connection is what the container's command does first.
 */
@Tag("cluster")
class FirstPacketTest {

  private static final List<String> NODES = List.of("n1", "n2");

  @AutoClose private static Namespace namespace;
  private static List<Target> forbidden;
  private static List<Target> allowed;
  private int started;

  @BeforeAll
  static void start() {
    Agents.install("deploy/fail-closed");
    namespace = new Namespace("first-packet");
    namespace.apply(
        TestPod.server("forbidden", "n1").yaml()
            + TestPod.server("allowed", "n1").yaml()
            + Policies.egress("new", Policies.pods("to", "allowed")));
    namespace.ready("forbidden", "allowed");
    forbidden = targets("forbidden");
    allowed = targets("allowed");
  }

  @Test
  void newPodReachesOnlyWhatItsPoliciesAllow() {
    List<String> pods = new ArrayList<>();
    for (int round = 0; round < 4; round++) {
      pods.addAll(startOnEachNode());
    }
    assertJudged(pods);
  }

  @Test
  void newPodReachesOnlyWhatItsPoliciesAllowWhileAgentsStart() throws Exception {
    List<String> pods = new ArrayList<>();
    NODES.forEach(Agents::delete);
    for (int round = 0; round < 3; round++) {
      pods.addAll(startOnEachNode());
    }
    Agents.ready();
    for (String node : NODES) {
      Agents.kill(node);
      pods.addAll(startOnEachNode());
    }
    assertJudged(pods);
  }

  private List<String> startOnEachNode() {
    List<String> pods = new ArrayList<>();
    for (String node : NODES) {
      String pod = "new-" + (++started) + "-" + node;
      namespace.apply(
          TestPod.script(pod, node, script()).role("new").withSpec("restartPolicy: Never").yaml());
      pods.add(pod);
    }
    return pods;
  }

  /** Connects to what is forbidden, then until what is allowed answers, and again. */
  private static String script() {
    StringBuilder script = new StringBuilder("first() {\n");
    forbidden.forEach(
        each ->
            script.append(
                "(%s 2>/dev/null && echo 'ANSWER %s') &%n".formatted(each.attempt(), each.name())));
    script.append("}\nfor i in 1 2 3 4 5 6 7 8 9 10; do first; usleep 10000; done\n");
    allowed.forEach(
        each ->
            script.append(
                "until %s 2>/dev/null; do usleep 10000; done%n".formatted(each.attempt())));
    return script.append("first; first; wait; echo judged").toString();
  }

  private static void assertJudged(List<String> pods) {
    for (String pod : pods) {
      namespace.await("pod/" + pod, "jsonpath={.status.phase}=Succeeded");
      assertThat(namespace.ask("logs", pod).lines()).as(pod).containsExactly("judged");
    }
  }

  private static List<Target> targets(String server) {
    return namespace.addresses(server).stream()
        .map(address -> Target.tcp(server, address, TestPod.TCP))
        .toList();
  }
}
