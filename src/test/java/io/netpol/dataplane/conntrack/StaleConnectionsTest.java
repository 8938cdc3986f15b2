package io.netpol.dataplane.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StaleConnectionsTest {

  private static final ObjectKey DB = new ObjectKey("shop", "db");
  private static final IpAddress NODE = IpAddress.parse("10.0.1.1");

  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);

  @Test
  void neighboursGoTogetherWithNeitherTheNodeNorWhoIsAllowedBetweenThem() throws IOException {
    allowed("10.0.1.128/25");
    assertThat(forbidden("10.0.1.3", "10.0.1.120", "10.0.1.200", "10.0.1.1", "10.0.0.2"))
        .toIterable()
        .singleElement()
        .satisfies(
            file ->
                assertThat(file)
                    .isEqualTo(
                        """
                        -D -f ipv4 -p 6 -s 10.0.1.3 -r 10.0.0.2 --reply-port-src 80
                        -D -f ipv4 -p 6 -s 10.0.1.120 -r 10.0.0.2 --reply-port-src 80
                        """));
    assertThat(forbidden("10.0.1.3", "10.0.1.2"))
        .toIterable()
        .containsExactly("-D -f ipv4 -p 6 -s 10.0.1.2/31 -r 10.0.0.2 --reply-port-src 80\n");
  }

  @Test
  void whatIsAllowedWhenItsTurnComesIsLeftAlone() throws IOException {
    allowed("192.0.2.0/24");
    Iterator<String> files = forbidden(1, "10.0.1.3", "10.0.3.3", "10.0.5.3");
    assertThat(files.next()).contains("-s 10.0.1.3 ");
    allowed("10.0.3.0/24", "10.0.5.0/24");
    assertThat(files).isExhausted();
  }

  @Test
  void whatAnswersOpenAnewIsDeletedAgainWhereThatConnectionIsForbiddenStill() throws IOException {
    allowed("192.0.2.0/24");
    ConntrackEntry deleted =
        new ConntrackEntry(IpAddress.parse("10.0.1.3"), IpAddress.parse("10.0.0.2"), 6, 80, 0);
    String answered =
        "ipv4 2 tcp 6 300 ESTABLISHED src=10.0.0.2 dst=10.0.1.3 sport=80 dport=36806"
            + " src=10.0.1.3 dst=10.0.0.2 sport=36806 dport=80 [ASSURED] mark=0 use=1\n";
    String other = answered.replace("port=80", "port=81");
    StaleConnections found = new StaleConnections(cluster, Set.of(), Set.of(NODE), Set.of(deleted));
    found.read(new BufferedReader(new StringReader(other + answered)));
    assertThat(found.forbidden()).isEmpty();
    assertThat(found.reopened()).containsExactly(deleted);
    assertThat(found.deletions(16))
        .toIterable()
        .containsExactly("-D -f ipv4 -p 6 -s 10.0.0.2 -r 10.0.1.3 --orig-port-src 80\n");
    allowed("10.0.1.0/24");
    assertThat(found.deletions(16)).isExhausted();
  }

  private void allowed(String... blocks) {
    cluster.put(
        new Pod(DB, "n1", false, false, Map.of(), List.of(IpAddress.parse("10.0.0.2")), List.of()));
    List<Peer> peers =
        java.util.Arrays.stream(blocks)
            .<Peer>map(block -> new Peer.Block(Cidr.parse(block), List.of()))
            .toList();
    cluster.put(
        new NetworkPolicy(
            DB,
            LabelSelector.EVERYTHING,
            Map.of(Direction.INGRESS, List.of(new Rule(peers, List.of(new PortMatch.Any()))))));
  }

  private Iterator<String> forbidden(String... senders) throws IOException {
    return forbidden(16, senders);
  }

  private Iterator<String> forbidden(int atMost, String... senders) throws IOException {
    StaleConnections found = new StaleConnections(cluster, Set.of(DB), Set.of(NODE), Set.of());
    StringBuilder listed = new StringBuilder();
    for (String sender : senders) {
      listed
          .append("ipv4 2 tcp 6 300 ESTABLISHED src=%1$s dst=10.0.0.2 sport=1 dport=80 ")
          .append("src=10.0.0.2 dst=%1$s sport=80 dport=1 use=1\n");
      listed.replace(0, listed.length(), listed.toString().replace("%1$s", sender));
    }
    found.read(new BufferedReader(new StringReader(listed.toString())));
    return found.deletions(atMost);
  }
}
