package io.netpol.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.model.DefaultIsolation;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class AddressIndexTest {

  private static final IpAddress ADDRESS = IpAddress.parse("10.0.0.1");

  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);

  @Test
  void podIsFoundByEachOfItsAddressesUntilItLosesThem() {
    IpAddress other = IpAddress.parse("fd00::1");
    cluster.put(pod("a", false, false, ADDRESS, other));
    assertThat(found(ADDRESS)).isEqualTo("a");
    assertThat(found(other)).isEqualTo("a");
    cluster.put(pod("a", false, false, other));
    assertThat(found(ADDRESS)).isEmpty();
    assertThat(found(other)).isEqualTo("a");
    cluster.remove(Kind.POD, new ObjectKey("shop", "a"));
    assertThat(found(other)).isEmpty();
  }

  @Test
  void addressThatTwoShareForAMomentIsThatOfBothAndThenOfWhoStays() {
    cluster.put(pod("old", false, false, ADDRESS));
    cluster.put(pod("new", false, false, ADDRESS));
    assertThat(found(ADDRESS)).isEqualTo("new old");
    cluster.remove(Kind.POD, new ObjectKey("shop", "new"));
    assertThat(found(ADDRESS)).isEqualTo("old");
    cluster.put(pod("new", false, false, ADDRESS));
    cluster.remove(Kind.POD, new ObjectKey("shop", "old"));
    assertThat(found(ADDRESS)).isEqualTo("new");
  }

  @Test
  void finishedPodsAndThoseOnTheHostNetworkAreNotFound() {
    cluster.put(pod("host", true, false, ADDRESS));
    assertThat(found(ADDRESS)).isEmpty();
    cluster.put(pod("job", false, false, ADDRESS));
    assertThat(found(ADDRESS)).isEqualTo("job");
    cluster.put(pod("job", false, true, ADDRESS));
    assertThat(found(ADDRESS)).isEmpty();
  }

  private String found(IpAddress address) {
    return cluster.podsAt(address).stream()
        .map(p -> p.key().name())
        .collect(Collectors.joining(" "));
  }

  private static Pod pod(String name, boolean host, boolean finished, IpAddress... addresses) {
    return new Pod(
        new ObjectKey("shop", name), "n1", host, finished, Map.of(), List.of(addresses), List.of());
  }
}
