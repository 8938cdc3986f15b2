package io.netpol.cluster;

import io.netpol.testing.Eventually;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What ends and starts again, the agent or all of the node, while others connect all the time. */
@Tag("cluster")
class NodeRestartTest {

  private static final String NODE = "n2";
  private static final int REPLICAS = 2;

  @AutoClose private static Namespace namespace;
  private static WebSet web;
  private static Client friend;
  private Probing foe;

  @BeforeAll
  static void start() throws Exception {
    Agents.install("deploy/fail-closed");
    namespace = new Namespace("restarts");
    web = new WebSet(namespace, NODE, REPLICAS);
    namespace.apply(TestPod.server("friend", "n1").yaml());
    namespace.ready("friend");
    friend = Client.pod(namespace, "friend");
  }

  @BeforeEach
  void startProbing() throws Exception {
    List<Target> targets = new PodAddresses(NODE).ofNextPods(4 * REPLICAS);
    targets.addAll(web.targets());
    foe = new Probing(namespace, "foe", "n1", targets);
    foe.goOn();
    assertReachedByFriends();
  }

  @AfterEach
  void endProbing() {
    foe.close();
  }

  @Test
  void agentsPodIsDeleted() throws Exception {
    Agents.delete(NODE);
    assertReachedByFriends();
    Agents.ready();
    assertJudged();
  }

  @Test
  void agentIsKilled() throws Exception {
    Agents.kill(NODE);
    assertReachedByFriends();
    Agents.ready();
    assertJudged();
  }

  @Test
  void nodeIsEndedAndStarted() throws Exception {
    String before = containers();
    RealCluster.endNode(NODE);
    foe.goOn();
    RealCluster.startNode(NODE);
    Eventually.holds(
        () -> namespace.ask("describe", "pods", "-l", "role=web"), () -> allNew(before));
    web.ready();
    awaitNode();
    Agents.ready();
    assertJudged();
  }

  /** Judges also a pod that is new. */
  private void assertJudged() throws Exception {
    assertReachedByFriends();
    web.recreate("web-0");
    assertReachedByFriends();
    foe.assertNoAnswer();
  }

  private static void assertReachedByFriends() {
    List<Target> targets = web.targets();
    friend.reachesOnly(targets.stream().map(Target::name).toList(), targets);
  }

  private static void awaitNode() {
    RealCluster.kubectl("wait", "node", NODE, "--for=condition=Ready", "--timeout=8m");
  }

  private static boolean allNew(String before) {
    List<String> old = List.of(before.split(" "));
    List<String> now = List.of(containers().split(" "));
    return now.size() == old.size() && now.stream().noneMatch(old::contains);
  }

  private static String containers() {
    return namespace
        .ask(
            "get",
            "pods",
            "-l",
            "role=web",
            "-o",
            "jsonpath={.items[*].status.containerStatuses[0].containerID}")
        .strip();
  }
}
