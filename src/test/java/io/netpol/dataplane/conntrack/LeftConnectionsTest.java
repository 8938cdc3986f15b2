package io.netpol.dataplane.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeftConnectionsTest {

  private final Set<IpAddress> left = new HashSet<>(Set.of(IpAddress.parse("10.0.0.2")));
  private final LeftConnections connections = new LeftConnections(left::contains);

  private static String entry(String from, String to, String answers, String answered) {
    return "ipv4 2 udp 17 29 src=%s dst=%s sport=1 dport=80 [UNREPLIED] src=%s dst=%s sport=80 dport=1 mark=0 use=1"
        .formatted(from, to, answers, answered);
  }

  private List<String> deletions() {
    List<String> all = new ArrayList<>();
    connections.deletions().forEachRemaining(all::add);
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.2, 1.1.1.1, 1.1.1.1, 192.168.0.1, -s", // masqueraded
    "1.1.1.1, 10.0.0.2, 10.0.0.2, 1.1.1.1, -d",
    "1.1.1.1, 10.96.0.1, 10.0.0.2, 1.1.1.1, -r", // a Service
    "1.1.1.1, 10.0.0.2, 10.0.0.9, 1.1.1.1, -d",
    "1.1.1.1, 10.0.0.9, 10.0.0.9, 10.0.0.2, -q",
  })
  void connectionIsFoundByWhicheverEndTheAddressIs(
      String from, String to, String answers, String answered, String option) {
    connections.take(entry(from, to, answers, answered));
    assertThat(deletions()).containsExactly("-D -f ipv4 " + option + " 10.0.0.2");
    assertThat(connections.connections()).isEqualTo(1);
    // What is deleted is printed without the network protocol.
    assertThat(connections.isLeft(entry(from, to, answers, answered).substring(7))).isTrue();
  }

  @Test
  void connectionsOfOthersAreNoBodysBusiness() {
    connections.take(entry("10.0.0.3", "1.1.1.1", "1.1.1.1", "10.0.0.3"));
    connections.take(entry("10.0.0.20", "1.1.1.1", "1.1.1.1", "10.0.0.20"));
    assertThat(deletions()).isEmpty();
    assertThat(connections.connections()).isZero();
  }

  @Test
  void neighboursGoTogetherAndNobodyWithThem() {
    IntStream.range(0, 8).forEach(i -> left.add(IpAddress.parse("10.0.0." + i)));
    left.remove(IpAddress.parse("10.0.0.6"));
    for (int i = 0; i < 8; i++) {
      connections.take(entry("10.0.0." + i, "1.1.1.1", "1.1.1.1", "10.0.0." + i));
    }
    assertThat(deletions())
        .containsExactly(
            "-D -f ipv4 -s 10.0.0.0/30", "-D -f ipv4 -s 10.0.0.4/31", "-D -f ipv4 -s 10.0.0.7");
  }

  @Test
  void addressThatWasTakenMeanwhileIsLeftAlone() {
    connections.take(entry("10.0.0.2", "1.1.1.1", "1.1.1.1", "10.0.0.2"));
    left.clear();
    assertThat(deletions()).isEmpty();
  }

  @Test
  void bothFamiliesAndIcmp() {
    left.add(IpAddress.parse("fd00::2"));
    connections.take(
        "ipv6 10 icmpv6 58 29 src=fd00::1 dst=fd00::2 type=128 code=0 id=7 src=fd00::2 dst=fd00::1"
            + " type=129 code=0 id=7 mark=0 use=1");
    connections.take(entry("10.0.0.2", "1.1.1.1", "1.1.1.1", "10.0.0.2"));
    assertThat(deletions())
        .containsExactlyInAnyOrder("-D -f ipv4 -s 10.0.0.2", "-D -f ipv6 -d fd00::2");
  }

  @Test
  void whatIsNoConnectionIsCounted() {
    Stream.of("", "what", "src=10.0.0.2 dst=1.1.1.1", "src=x dst=y src=z dst=w")
        .forEach(connections::take);
    assertThat(connections.notUnderstood()).isEqualTo(4);
    assertThat(deletions()).isEmpty();
  }

  @Test
  void commandsArePackedIntoFiles() {
    List<String> files = new ArrayList<>();
    new LoadFiles(List.of("a", "b", "c").iterator(), 2).forEachRemaining(files::add);
    assertThat(files).containsExactly("a\nb\n", "c\n");
    assertThat(files.stream().collect(Collectors.joining())).isEqualTo("a\nb\nc\n");
  }
}
