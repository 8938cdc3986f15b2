package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A pod of a StatefulSet that is made anew, and an address that another pod gets, while others
 * connect all the time; with {@code netpol.unprogrammed=drop}.
 */
@Tag("cluster")
class RecreatedPodTest {

  private static final int TIMES = 4;

  @AutoClose private static Namespace namespace;
  private static WebSet web;
  private static Client friend;
  private final PodAddresses addresses = new PodAddresses("n1");

  @BeforeAll
  static void start() throws Exception {
    Agents.install("deploy/fail-closed");
    namespace = new Namespace("recreated");
    web = new WebSet(namespace, "n1", 1);
    namespace.apply(
        TestPod.server("friend", "n2").yaml()
            + TestPod.server("stranger", "n2").yaml()
            + Policies.ingress("heir", Policies.pods("from", "stranger")));
    namespace.ready("friend", "stranger");
    friend = Client.pod(namespace, "friend");
  }

  @Test
  void samePodAtAnotherAddressIsReachedByItsFriendsOnly() throws Exception {
    List<Target> targets = addresses.ofNextPods(TIMES + 1);
    targets.addAll(web.targets());
    try (Probing sameNode = new Probing(namespace, "foe-1", "n1", targets);
        Probing otherNode = new Probing(namespace, "foe-2", "n2", targets);
        Probing friends = new Probing(namespace, "friends", "n2", "friend", 3, targets)) {
      for (int i = 0; i < TIMES; i++) {
        web.recreate("web-0");
        assertReachedBy(friend, web.targets());
      }
      sameNode.assertNoAnswer();
      otherNode.assertNoAnswer();
      assertThat(friends.passed(0)).hasSizeGreaterThanOrEqualTo(TIMES);
    }
  }

  @Test
  void anotherPodAtTheAddressIsReachedByItsOwnFriendsOnly() throws Exception {
    List<Target> targets = web.targets();
    List<String> left = namespace.addresses("web-0");
    web.scale(0);
    try (Probing formerFriend = new Probing(namespace, "former", "n2", "friend", 3, targets)) {
      addresses.giveNext(left);
      namespace.apply(TestPod.server("heir", "n1").yaml());
      namespace.ready("heir");
      assertThat(namespace.addresses("heir")).isEqualTo(left);
      assertReachedBy(Client.pod(namespace, "stranger"), targets);
      formerFriend.assertNoAnswer();
    }
    web.scale(1);
    web.ready();
    assertReachedBy(friend, web.targets());
  }

  private static void assertReachedBy(Client client, List<Target> targets) {
    client.reachesOnly(targets.stream().map(Target::name).toList(), targets);
  }
}
