package io.netpol.dataplane.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.evaluate.Flow;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConntrackEntryTest {

  private static final String TCP =
      "ipv4     2 tcp      6 299 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=80"
          + " src=10.0.0.2 dst=10.0.0.1 sport=80 dport=1000 [ASSURED] mark=0 use=1";

  @Test
  void translatedConnectionIsJudgedByWhoOpenedItAndWhoAnswers() {
    ConntrackEntry connection =
        ConntrackEntry.parse(
                "ipv4 2 tcp 6 9 ESTABLISHED src=10.0.0.1 dst=10.96.0.2 sport=1001 dport=80 packets=1"
                    + " bytes=60 [UNREPLIED] src=10.0.0.5 dst=192.0.2.1 sport=8080 dport=3 packets=0"
                    + " bytes=0 mark=0 zone=7 use=1 id=3874556875")
            .orElseThrow();
    assertThat(connection.flow())
        .isEqualTo(
            new Flow(IpAddress.parse("10.0.0.1"), IpAddress.parse("10.0.0.5"), Protocol.TCP, 8080));
    assertThat(connection.deletion(Cidr.of(connection.sender())))
        .isEqualTo("-D -f ipv4 -p 6 -s 10.0.0.1 -r 10.0.0.5 --reply-port-src 8080 -w 7");
  }

  @Test
  void otherProtocolsHaveNoPort() {
    ConntrackEntry ping =
        ConntrackEntry.parse(
                "ipv6 10 icmpv6 58 29 src=fd00::1 dst=fd00::2 type=128 code=0 id=77 src=fd00::2"
                    + " dst=fd00::1 type=129 code=0 id=77 mark=0 use=1")
            .orElseThrow();
    assertThat(ping.flow())
        .isEqualTo(new Flow(IpAddress.parse("fd00::1"), IpAddress.parse("fd00::2"), null, 0));
    assertThat(ping.deletion(Cidr.parse("fd00::/120")))
        .isEqualTo("-D -f ipv6 -p 58 -s fd00::/120 -r fd00::2");
    assertThat(
            ConntrackEntry.parse(
                    "ipv4 2 unknown 47 600 src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1 use=1")
                .orElseThrow()
                .protocol())
        .isEqualTo(47);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "conntrack v1.4.7 (conntrack-tools): 4 flow entries have been shown.",
        "ipv4 2 tcp 6",
        "ipv5 2 tcp 6 9 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2",
        "ipv4 2 tcp 256 9 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2",
        "ipv4 2 tcp 6 9 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2",
        "ipv4 2 tcp 6 9 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1",
        "ipv4 2 tcp 6 9 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=65536",
        "ipv4 2 tcp 6 9 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=-2",
        "ipv4 2 tcp 6 9 src=10.0.0.1 sport=1 src=10.0.0.2;reboot sport=2",
        "ipv4 2 tcp 6 9 src=10.0.0.1 sport=1 src=fd00::2 sport=2",
        "ipv4 2 tcp 6 9 src=10.0.0.1 sport=1 src=10.0.0.2 sport=2 src=10.0.0.3 sport=3",
        "ipv4 2 tcp 6 9 src=10.0.0.1 sport=1 src=10.0.0.2 sport=2 zone=99999",
        "ipv4 2 tcp 6 9 src=10.0.0.1 sport=1 src=10.0.0.2 sport=2 zone-orig=4",
      })
  void whatIsNotUnderstoodIsLeftAlone(String line) {
    assertThat(ConntrackEntry.parse(line)).isEmpty();
  }

  /** Whatever a line holds, nothing but numbers and addresses gets into a command. */
  @Test
  void noLineBreaksACommand() {
    Random random = new Random(1);
    String characters = "0123456789abcdef.:=[] \t\"'\\-;|$`\u0000\u2028é";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder line = new StringBuilder(TCP);
      for (int change = random.nextInt(4); change >= 0; change--) {
        line.setCharAt(
            random.nextInt(line.length()), characters.charAt(random.nextInt(characters.length())));
      }
      ConntrackEntry.parse(line.toString())
          .ifPresent(
              connection ->
                  assertThat(connection.deletion(Cidr.of(connection.sender())))
                      .matches(
                          "-D -f ipv4 -p \\d+ -s [\\d.]+ -r [\\d.]+( --reply-port-src \\d+)?"
                              + "( -w \\d+)?"));
    }
  }
}
