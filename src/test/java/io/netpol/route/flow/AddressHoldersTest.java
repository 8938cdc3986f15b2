package io.netpol.route.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.FormerOwners;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.index.AffectedObjects;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pods leave addresses, and other pods get these addresses. */
class AddressHoldersTest {

  private static final IpAddress A = IpAddress.parse("10.0.0.2");
  private static final IpAddress B = IpAddress.parse("fd00::2");
  private static final ObjectKey OLD = new ObjectKey("shop", "old");
  private static final ObjectKey NEW = new ObjectKey("shop", "new");

  private final Owners owners = new Owners();
  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
  private long now = -5; // the origin of nanoTime is arbitrary
  private final AddressHolders holders = new AddressHolders(cluster, () -> now);

  private void put(ObjectKey key, String uid, IpAddress... addresses) {
    put(key, uid, "n1", false, addresses);
  }

  private void put(
      ObjectKey key, String uid, String node, boolean finished, IpAddress... addresses) {
    cluster.put(new Pod(key, node, false, finished, Map.of(), List.of(addresses), List.of()));
    holders.update(key, uid);
  }

  private void remove(ObjectKey key) {
    cluster.remove(Kind.POD, key);
    holders.update(key, null);
  }

  private void start() {
    Stream.of(Kind.values()).forEach(cluster::listed);
    holders.rendering(owners);
    holders.applied(ReconcileRequest.everything("start", IptablesTools.ALL));
    assertThat(holders.take().sweep()).isTrue();
  }

  private Set<IpAddress> left() {
    return holders.take().addresses().keySet();
  }

  private void close() {
    cluster.put(
        new NetworkPolicy(
            new ObjectKey("shop", "closed"),
            LabelSelector.EVERYTHING,
            Map.of(Direction.INGRESS, List.of())));
  }

  private Set<ObjectKey> applied(ObjectKey pod) {
    holders.rendering(owners);
    return holders.applied(
        ReconcileRequest.of(new AffectedObjects(Set.of(pod), Set.of(), false), "test"));
  }

  @Test
  void addressesOfPodThatGoesAreLeft() {
    put(OLD, "1", A, B);
    start();
    assertThat(holders.isPending()).isFalse();
    remove(OLD);
    assertThat(holders.isPending()).isTrue();
    assertThat(left()).containsExactlyInAnyOrder(A, B);
    assertThat(holders.isPending()).isFalse();
  }

  @Test
  void updatedPodKeepsItsAddress() {
    put(OLD, "1", A);
    start();
    put(OLD, "1", A, B);
    put(OLD, null, A, B);
    assertThat(holders.isPending()).isFalse();
    put(OLD, "1", B);
    assertThat(left()).containsExactly(A);
  }

  @Test
  void finishedPodHasNoAddress() {
    put(OLD, "1", A);
    start();
    put(OLD, "1", "n1", true, A);
    assertThat(left()).containsExactly(A);
  }

  @Test
  void podWithTheSameNameAndAnotherUidIsAnotherPod() {
    put(OLD, "1", A);
    start();
    put(OLD, "2", A);
    close();
    assertThat(left()).containsExactly(A);
    assertThat(applied(OLD)).containsExactly(OLD);
    assertThat(applied(OLD)).isEmpty();
  }

  @Test
  void podsOfOtherNodesAreIgnored() {
    put(OLD, "1", "n2", false, A);
    start();
    remove(OLD);
    assertThat(holders.isPending()).isFalse();
  }

  @Test
  void addressThatChangesHandsIsLeftOnce() {
    put(OLD, "1", A);
    start();
    close();
    put(NEW, "2", A);
    assertThat(left()).containsExactly(A);
    assertThat(applied(NEW)).containsExactly(NEW);
    remove(OLD);
    assertThat(holders.isPending()).as("what is there by now is the new one's").isFalse();
    assertThat(applied(NEW)).as("its forbidden ones").containsExactly(NEW);
  }

  @Test
  void successorIsCheckedOnceItsOwnRulesAreProgrammed() {
    put(OLD, "1", A);
    start();
    close();
    remove(OLD);
    holders.rendering(owners);
    put(NEW, "2", A); // too late for this attempt
    assertThat(holders.applied(ReconcileRequest.everything("test", IptablesTools.ALL))).isEmpty();
    assertThat(applied(OLD)).as("of others").isEmpty();
    assertThat(applied(NEW)).containsExactly(NEW);
  }

  @Test
  void successorThatIsNotIsolatedIsNotChecked() {
    put(OLD, "1", A);
    start();
    remove(OLD);
    put(NEW, "2", A);
    assertThat(applied(NEW)).isEmpty();
    close();
    assertThat(applied(NEW)).as("what a policy forbids later is another matter").isEmpty();
  }

  @Test
  void twoPodsOfTheFirstListAreNotAHandover() {
    put(OLD, "1", A);
    put(NEW, "2", A);
    start();
    assertThat(holders.isPending()).isFalse();
  }

  @Test
  void rulesOfAnEarlierAgentNameTheFormerOwnersOfAnAddress() {
    put(NEW, "2", A);
    owners.of.put(A, OLD);
    owners.of.put(IpAddress.parse("10.0.0.3"), OLD);
    owners.of.put(IpAddress.parse("10.0.0.4"), NEW);
    put(new ObjectKey("shop", "same"), "3", IpAddress.parse("10.0.0.5"));
    owners.of.put(IpAddress.parse("10.0.0.5"), new ObjectKey("shop", "same"));
    close();
    Stream.of(Kind.values()).forEach(cluster::listed);
    holders.rendering(owners);
    assertThat(holders.applied(ReconcileRequest.everything("start", IptablesTools.ALL)))
        .containsExactly(NEW);
    assertThat(left())
        .containsExactlyInAnyOrder(A, IpAddress.parse("10.0.0.3"), IpAddress.parse("10.0.0.4"));
  }

  /** The pods that rules of an earlier agent name. */
  private static final class Owners implements FormerOwners {
    final Map<IpAddress, ObjectKey> of = new HashMap<>();

    @Override
    public Set<IpAddress> addresses() {
      return of.keySet();
    }

    @Override
    public boolean names(IpAddress address, ObjectKey pod) {
      return pod.equals(of.get(address));
    }
  }

  @Test
  void failedAddressIsPendingAgain() {
    put(OLD, "1", A);
    start();
    remove(OLD);
    AddressHolders.Left taken = holders.take();
    holders.putBack(taken);
    assertThat(left()).containsExactly(A);
  }

  @Test
  void addressThatWasTakenLongAgoKeepsItsNewPodsConnections() {
    put(OLD, "1", A, B);
    start();
    remove(OLD);
    put(NEW, "2", A);
    now += Duration.ofMinutes(6).toNanos();
    AddressHolders.Left left = holders.take();
    assertThat(left.addresses()).as("no pod has it").containsOnlyKeys(B);
    assertThat(left.taken()).containsExactly(NEW);
  }

  @Test
  void unknownAddressesWaitForPodsWithoutOne() {
    put(NEW, "2");
    Stream.of(Kind.values()).forEach(cluster::listed);
    holders.rendering(owners);
    assertThat(holders.isPending()).isFalse();
    assertThat(holders.take().sweep()).isFalse();
    now += Duration.ofMinutes(2).toNanos();
    assertThat(holders.isPending()).as("it has none for long").isTrue();
    assertThat(holders.take().sweep()).isTrue();
    assertThat(holders.isPending()).isFalse();
  }
}
