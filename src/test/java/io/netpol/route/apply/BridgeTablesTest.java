package io.netpol.route.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.dataplane.render.BridgePorts;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import io.netpol.route.apply.BridgeTables.Place;
import io.netpol.route.apply.BridgeTables.UnreadableException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As iproute2 6.1 prints it. */
class BridgeTablesTest {

  private static final String DEVICES =
      """
      [{"ifindex":1,"ifname":"lo","addr_info":[]},
       {"ifindex":2,"ifname":"cni0","linkinfo":{"info_kind":"bridge"},"addr_info":[
         {"family":"inet","local":"10.244.1.1","prefixlen":24,"scope":"global"},
         {"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"link"}]},
       {"ifindex":3,"ifname":"docker0","linkinfo":{"info_kind":"bridge"},"addr_info":[
         {"family":"inet","local":"172.17.0.1","prefixlen":16,"scope":"global"}]},
       {"ifindex":4,"ifname":"eth1","master":"cni0","addr_info":[]},
       {"ifindex":5,"link_index":2,"ifname":"veth1","master":"cni0","link_netnsid":0,
        "linkinfo":{"info_kind":"veth","info_slave_kind":"bridge"},"addr_info":[]},
       {"ifindex":6,"link_index":2,"ifname":"veth2","master":"cni0","link_netnsid":1,
        "linkinfo":{"info_kind":"veth","info_slave_kind":"bridge"},"addr_info":[]},
       {"ifindex":7,"link_index":2,"ifname":"vethd","master":"docker0","link_netnsid":2,
        "linkinfo":{"info_kind":"veth","info_slave_kind":"bridge"},"addr_info":[]}
      ]""";

  private static final String NEIGHBOURS =
      """
      [{"dst":"10.244.1.11","dev":"cni0","lladdr":"0a:00:00:00:00:01","state":["STALE"]},
       {"dst":"fd00::b","dev":"cni0","lladdr":"0a:00:00:00:00:01","state":["REACHABLE"]},
       {"dst":"10.244.1.12","dev":"cni0","state":["FAILED"]}]""";

  private static final String FORWARDING =
      """
      [{"mac":"0a:00:00:00:00:01","ifname":"veth1","flags":[],"master":"cni0","state":""},
       {"mac":"0e:00:00:00:00:05","ifname":"veth1","flags":[],"master":"cni0","state":"permanent"},
       {"mac":"0a:00:00:00:00:02","ifname":"veth2","flags":[],"master":"cni0","state":""},
       {"mac":"0a:00:00:00:00:03","ifname":"eth1","flags":[],"master":"cni0","state":""}]""";

  private static final Pod A = pod("a", "10.244.1.11", "fd00::b");
  private static final Pod B = pod("b", "10.244.1.12");
  private static final List<Cidr> RANGES = List.of(Cidr.parse("10.244.1.0/24"));

  @Test
  void podsPortIsTheOneWithItsHardwareAddress() {
    BridgeTables tables = tables(NEIGHBOURS, FORWARDING);
    Map<ObjectKey, Place> places = tables.places(List.of(A, B), Map.of());
    BridgePorts ports = tables.ports(places, List.of(A, B), RANGES);
    assertThat(ports)
        .isEqualTo(
            new BridgePorts(
                true, true, Map.of(A.key(), "veth1"), Set.of("eth1"), Set.of("docker0")));
    assertThat(tables.questions(List.of(A, B), places).strip())
        .isEqualTo("neighbour replace 10.244.1.12 dev cni0 use");
  }

  @Test
  void silentNeighbourIsProbed() {
    BridgeTables tables =
        tables(
            NEIGHBOURS.replace(
                "\"10.244.1.12\",\"dev\":\"cni0\"",
                "\"10.244.1.12\",\"dev\":\"cni0\",\"lladdr\":\"0a:00:00:00:00:09\""),
            FORWARDING);
    assertThat(tables.questions(List.of(B), Map.of()).strip())
        .isEqualTo("neighbour replace 10.244.1.12 dev cni0 lladdr 0a:00:00:00:00:09 nud probe");
  }

  @Test
  void podThatClaimsTheAddressOfAnotherDoesNotTakeItsPort() {
    Map<ObjectKey, Place> before = tables(NEIGHBOURS, FORWARDING).places(List.of(A, B), Map.of());
    String claimed = NEIGHBOURS.replace("0a:00:00:00:00:01", "0a:00:00:00:00:02");
    BridgeTables after = tables(claimed, FORWARDING);
    assertThat(after.places(List.of(A, B), before)).isEqualTo(before);
    // If two neighbours claim the pod's address, it has no port.
    String both = NEIGHBOURS.replaceFirst("0a:00:00:00:00:01", "0a:00:00:00:00:02");
    assertThat(tables(both, FORWARDING).places(List.of(A, B), Map.of())).isEmpty();
    String seenTwice = FORWARDING.replace("0a:00:00:00:00:02", "0a:00:00:00:00:01");
    assertThat(tables(NEIGHBOURS, seenTwice).places(List.of(A, B), Map.of())).isEmpty();
  }

  @Test
  void portOfAPodThatIsGoneBelongsToNoPod() {
    BridgeTables tables = tables(NEIGHBOURS, FORWARDING);
    Map<ObjectKey, Place> before = tables.places(List.of(A, B), Map.of());
    assertThat(tables.places(List.of(B), before)).isEmpty();
    // The next device gets the name, and the pod another address.
    BridgeTables next = new BridgeTables(DEVICES.replace("\"ifindex\":5", "\"ifindex\":9"));
    next.neighbours("[]");
    next.forwarding(FORWARDING);
    assertThat(next.places(List.of(A), before)).isEmpty();
    assertThat(tables.places(List.of(pod("a", "10.244.1.13")), before)).isEmpty();
  }

  @Test
  void uplinkBelongsToNoPod() {
    String behind = NEIGHBOURS.replace("0a:00:00:00:00:01", "0a:00:00:00:00:03");
    assertThat(tables(behind, FORWARDING).places(List.of(A), Map.of())).isEmpty();
  }

  @Test
  void deviceWhoseNameCannotBeWrittenStaysUnknown() {
    String odd = "veth\\\"1";
    BridgeTables tables = new BridgeTables(DEVICES.replace("veth1", odd));
    tables.neighbours(NEIGHBOURS);
    tables.forwarding(FORWARDING.replace("veth1", odd));
    assertThat(tables.places(List.of(A), Map.of())).isEmpty();
  }

  @Test
  void bridgeIsWithoutPodsOnlyIfThatIsKnown() {
    BridgeTables tables = tables(NEIGHBOURS, FORWARDING);
    assertThat(tables.ports(Map.of(), List.of(), List.of()).otherBridges()).isEmpty();
    assertThat(tables.ports(Map.of(), List.of(B), List.of()).otherBridges())
        .containsExactly("docker0");
  }

  /** A bridge for virtual machines has no address; so may one with pods. */
  @Test
  void bridgeWithoutAddressIsWithoutPodsIfPodsAreElsewhere() {
    String machines =
        DEVICES.replace(
            "\n]",
            ",\n{\"ifindex\":8,\"ifname\":\"br0\",\"linkinfo\":{\"info_kind\":\"bridge\"},\"addr_info\":[]},"
                + "{\"ifindex\":9,\"ifname\":\"tap1\",\"master\":\"br0\",\"linkinfo\":{\"info_kind\":\"tun\"},"
                + "\"addr_info\":[]}\n]");
    assertThat(others(machines, NEIGHBOURS, List.of(A))).contains("br0");
    assertThat(others(machines, "[]", List.of())).doesNotContain("br0");
    Pod routed = pod("r", "10.9.9.9");
    String veth = "[{\"dst\":\"10.9.9.9\",\"dev\":\"veth1\",\"lladdr\":\"0a:00:00:00:00:07\"}]";
    assertThat(others(machines, veth, List.of(routed))).contains("br0");
    assertThat(others(machines, "[]", List.of(routed))).as("nobody knows").doesNotContain("br0");
  }

  private static Set<String> others(String devices, String neighbours, List<Pod> pods) {
    BridgeTables tables = new BridgeTables(devices);
    tables.neighbours(neighbours);
    tables.forwarding(FORWARDING);
    return tables.ports(Map.of(), pods, RANGES).otherBridges();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "[]",
        "{}",
        "null",
        "Cannot open netlink socket",
        "[{\"ifname\":\"eth0\"}]"
      })
  void incompleteListOfDevicesIsRefused(String text) {
    assertThatThrownBy(() -> new BridgeTables(text)).isInstanceOf(UnreadableException.class);
    assertThatThrownBy(() -> new BridgeTables(null)).isInstanceOf(UnreadableException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[{\"mac\":", "{}", "[]"})
  void incompleteForwardingTableIsRefused(String text) {
    BridgeTables tables = new BridgeTables(DEVICES);
    assertThatThrownBy(() -> tables.forwarding(text)).isInstanceOf(UnreadableException.class);
    if (!text.equals("[]")) { // the node may have no neighbours
      assertThatThrownBy(() -> tables.neighbours(text)).isInstanceOf(UnreadableException.class);
    }
  }

  private static BridgeTables tables(String neighbours, String forwarding) {
    BridgeTables tables = new BridgeTables(DEVICES);
    tables.neighbours(neighbours);
    tables.forwarding(forwarding);
    return tables;
  }

  private static Pod pod(String name, String... addresses) {
    return new Pod(
        new ObjectKey("x", name),
        "n1",
        false,
        false,
        Map.of(),
        List.of(addresses).stream().map(IpAddress::parse).toList(),
        List.of());
  }
}
