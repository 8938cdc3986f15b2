package io.netpol.dataplane.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.render.AddressSet.Kind;
import io.netpol.net.Family;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NftListingTest {

  /** As nft 1.0.6 prints it. */
  private static final String PRINTED =
      """
      table inet netpol {
      \tcomment "of } {"

      \tcounter c {
      \t\tpackets 0 bytes 0
      \t}

      \tct helper ftp-standard {
      \t\ttype "ftp" protocol tcp
      \t\tl3proto inet
      \t}

      \tct timeout t {
      \t\tprotocol tcp
      \t\tl3proto ip
      \t\tpolicy = { established : 9s }
      \t}

      \tflowtable f {
      \t\thook ingress priority filter
      \t\tdevices = { lo, eth0 }
      \t}

      \tmap NWPLCY-TO-4 {
      \t\ttype ipv4_addr : verdict
      \t\telements = { 10.0.0.10 : jump NWPLCY-IN-b-4, 10.0.0.9 : jump NWPLCY-IN-a-4,
      \t\t\t     10.9.9.9 comment "a, } { b" : drop }
      \t}

      \tset NWPLCY-TO-PROGRAMMED-6 {
      \t\ttype ipv6_addr
      \t\telements = { fd00::10,
      \t\t\t     fd00::9 }
      \t}

      \tmap foreign {
      \t\ttype ipv4_addr : mark
      \t\tflags interval
      \t\telements = { 10.0.0.0/8 : 0x00000001 }
      \t}

      \tset NWPLCY-4-addresses {
      \t\ttype ipv4_addr
      \t\telements = { 10.0.0.1, 10.0.0.2 comment "x, y" }
      \t}

      \tset NWPLCY-6-ports {
      \t\ttype ipv6_addr . inet_proto . inet_service
      \t\telements = { fd00::1 . tcp . 80,
      \t\t\t     fd00::1 . 17 . 53, fd00::1 . 132 . 7 }
      \t}

      \tset NWPLCY-4-blocks {
      \t\ttype ipv4_addr
      \t\tflags interval
      \t\telements = { 10.0.0.0/8, 11.0.0.1-11.0.0.3 }
      \t}

      \tset NWPLCY-4-empty {
      \t\ttype ipv4_addr
      \t}

      \tset NWPLCY-4-timeout {
      \t\ttype ipv4_addr
      \t\tflags timeout
      \t\ttimeout 1h
      \t}

      \tset NWPLCY-4-size {
      \t\ttype ipv4_addr
      \t\tsize 7
      \t}

      \tset NWPLCY-4-comment {
      \t\ttype ipv4_addr
      \t\tcomment "elements = { 1 }"
      \t}

      \tchain NWPLCY-HOOK-FORWARD-4 {
      \t\ttype filter hook forward priority filter - 10; policy accept;
      \t\tmeta nfproto ipv4 jump NWPLCY-FORWARD-4
      \t}

      \tchain NWPLCY-IN-a-4 {
      \t\tip saddr 10.0.0.1 tcp dport { 80, 90-100 } counter return comment "meta l4proto tcp } {"
      \t\tmeta l4proto tcp ip saddr @NWPLCY-4-addresses counter return
      \t\tlimit rate 5/minute log prefix "limit rate 5/minute " comment "two
      \t}
      }
      lines"
      \t\tlimit rate 50/minute burst 50 packets log prefix "x " group 7
      \t\tcounter drop
      \t}

      \tchain empty {
      \t}
      }
      """;

  private static NftListing read(String text) {
    return NftListing.read(text);
  }

  private static ObservedSet set(String name) {
    return NftListing.read(PRINTED).sets().values().stream()
        .filter(sets -> sets.containsKey(name))
        .map(sets -> sets.get(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void chainsAreReadAsTheAgentWritesThem() {
    assertThat(read(PRINTED).chains())
        .containsOnlyKeys(
            "NWPLCY-TO-4",
            "NWPLCY-TO-PROGRAMMED-6",
            "map foreign",
            "NWPLCY-HOOK-FORWARD-4",
            "NWPLCY-IN-a-4",
            "empty");
    assertThat(read(PRINTED).chains().get("NWPLCY-HOOK-FORWARD-4"))
        .containsExactly(
            NftListing.hook("forward", -10), "meta nfproto ipv4 jump NWPLCY-FORWARD-4");
    assertThat(read(PRINTED).chains().get("NWPLCY-IN-a-4"))
        .containsExactly(
            "ip saddr 10.0.0.1 tcp dport { 80, 90-100 } counter return"
                + " comment \"meta l4proto tcp } {\"",
            "meta l4proto 6 ip saddr @NWPLCY-4-addresses counter return",
            "limit rate 5/minute burst 5 packets log prefix \"limit rate 5/minute \""
                + " comment \"two\n\t}\n}\nlines\"",
            "limit rate 50/minute burst 50 packets log prefix \"x \" group 7",
            "counter drop");
    assertThat(read(PRINTED).chains().get("empty")).isEmpty();
  }

  @Test
  void elementsOfMapsAreReadInTheOrderOfAddresses() {
    assertThat(read(PRINTED).chains().get("NWPLCY-TO-4"))
        .containsExactly(
            "10.0.0.9 : jump NWPLCY-IN-a-4",
            "10.0.0.10 : jump NWPLCY-IN-b-4",
            "10.9.9.9 comment \"a, } { b\" : drop");
    assertThat(read(PRINTED).chains().get("NWPLCY-TO-PROGRAMMED-6"))
        .containsExactly("fd00::9", "fd00::10");
    assertThat(read(PRINTED.replace("ipv4_addr : verdict", "ipv4_addr : mark")).chains())
        .extractingByKey("NWPLCY-TO-4")
        .asList()
        .startsWith("type ipv4_addr : mark");
  }

  @Test
  void chainsAreOfTheFamilyInTheirNames() {
    assertThat(read(PRINTED).chains(Family.IPV4).chains())
        .containsOnlyKeys(
            "NWPLCY-TO-4", "map foreign", "NWPLCY-HOOK-FORWARD-4", "NWPLCY-IN-a-4", "empty");
    assertThat(read(PRINTED).chains(Family.IPV6).chains())
        .containsOnlyKeys("NWPLCY-TO-PROGRAMMED-6");
  }

  @Test
  void setsAreReadByFamilyWithTheirEntries() {
    assertThat(read(PRINTED).sets().get(Family.IPV6)).containsOnlyKeys("NWPLCY-6-ports");
    assertThat(set("NWPLCY-4-addresses").kind()).contains(Kind.ADDRESSES);
    assertThat(set("NWPLCY-4-addresses").entries())
        .containsExactlyInAnyOrder("10.0.0.1", "10.0.0.2");
    assertThat(set("NWPLCY-6-ports").kind()).contains(Kind.ADDRESSES_AND_PORTS);
    assertThat(set("NWPLCY-6-ports").entries())
        .containsExactlyInAnyOrder("fd00::1,tcp:80", "fd00::1,udp:53", "fd00::1,sctp:7");
    assertThat(set("NWPLCY-4-blocks").kind()).contains(Kind.BLOCKS);
    assertThat(set("NWPLCY-4-blocks").entries())
        .containsExactlyInAnyOrder("10.0.0.0/8", "11.0.0.1-11.0.0.3");
    assertThat(set("NWPLCY-4-empty").kind()).contains(Kind.ADDRESSES);
    assertThat(set("NWPLCY-4-empty").entries()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"NWPLCY-4-timeout", "NWPLCY-4-size", "NWPLCY-4-comment"})
  void setWithMoreThanTheAgentGivesItIsOfNoKnownKind(String name) {
    assertThat(set(name).kind()).isEqualTo(Optional.empty());
    assertThat(set(name).entries()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "-10, -10",
    "0, 0",
    "filter, 0",
    "filter - 10, -10",
    "filter + 7, 7",
    "-300, -300",
  })
  void priorityIsReadAsANumber(String printed, int priority) {
    assertThat(read(PRINTED.replace("filter - 10", printed)).chains().get("NWPLCY-HOOK-FORWARD-4"))
        .startsWith(NftListing.hook("forward", priority));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"filter + 10; policy accept", "filter - 10; policy drop", "raw; policy x"})
  void otherTypeOfABaseChainIsADifference(String printed) {
    String text = PRINTED.replace("filter - 10; policy accept", printed);
    assertThat(read(text).chains().get("NWPLCY-HOOK-FORWARD-4"))
        .doesNotContain(NftListing.hook("forward", -10));
  }

  @Test
  void dormantTableCountsAsEmpty() {
    assertThat(read(PRINTED).isDormant()).isFalse();
    NftListing dormant = read(PRINTED.replaceFirst("\n", "\n\tflags dormant\n"));
    assertThat(dormant.isDormant()).isTrue();
    assertThat(dormant.chains()).isEmpty();
    assertThat(dormant.sets()).isEmpty();
  }

  @Test
  void tableThatIsNotThereIsReadAsEmpty() {
    String gone = "Error: No such file or directory\nlist table inet netpol\n           ^^^^^^\n";
    assertThat(NftListing.ofFailure(gone)).contains(NftListing.NOTHING);
    assertThat(read(NftListing.NOTHING).chains()).isEmpty();
    assertThat(read(NftListing.NOTHING).sets()).isEmpty();
    for (String other :
        new String[] {
          "",
          "Error: No such file or directory\n",
          gone.replace("netpol", "other"),
          "Error: Operation not permitted\nlist table inet netpol\n"
        }) {
      assertThat(NftListing.ofFailure(other)).as(other).isEmpty();
    }
  }

  /** Within a text that is quoted over lines, a line can be the one that ends the table. */
  @Test
  void listingThatEndsEarlyIsUnreadableAndNotEmpty() {
    for (int end = 0; end < PRINTED.length(); end++) {
      String part = PRINTED.substring(0, end);
      assertThatThrownBy(() -> NftListing.read(part))
          .as("%d bytes", end)
          .isInstanceOf(UnreadableListing.class)
          .hasMessageStartingWith("table inet netpol cannot be read: ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "table ip netpol {\n}\n",
        "table inet netpol2 {\n}\n",
        "table inet netpol {\n\tchain {\n\t}\n}\n",
        "table inet netpol {\n\tchain a {\n}\n",
        "table inet netpol {\n\tset NWPLCY-4-a {\n\t\telements = { 10.0.0.1,\n\t}\n}\n",
        "table inet netpol {\n}\ntable inet netpol {\n",
        "table inet netpol {\n\tchain a { # handle 7\n\t}\n}\n",
        "table inet netpol {\n\tunknown\n}\n",
        "# Warning: table is managed by somebody\n",
      })
  void otherTextIsUnreadable(String text) {
    assertThatThrownBy(() -> NftListing.read(text)).isInstanceOf(UnreadableListing.class);
  }

  @Provide
  Arbitrary<String> pieces() {
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMaxLength(10),
        Arbitraries.strings().withChars("\"{}\n\t,:; #=").ofMaxLength(10),
        Arbitraries.of(
            "\n\t}\n",
            "\n}\n",
            "\tchain x {\n",
            "elements = { ",
            " }\n",
            "\tset NWPLCY-4-a {\n",
            "\tmap NWPLCY-TO-4 {\n",
            "type ipv4_addr\n",
            "priority filter + 999999999999;",
            "1.2.3.4/999",
            "\t\ttype filter hook forward priority 99999999999; policy accept;\n"));
  }

  /** Whatever stands in a listing, and wherever: nothing else is thrown. */
  @Property(tries = 3_000)
  void changedListingIsReadOrUnreadable(
      @ForAll("pieces") String piece,
      @ForAll @IntRange(max = 3_000) int at,
      @ForAll @IntRange(max = 40) int cut) {
    int from = Math.min(at, PRINTED.length());
    int to = Math.min(from + cut, PRINTED.length());
    readOrUnreadable(PRINTED.substring(0, from) + piece + PRINTED.substring(to));
  }

  @Property(tries = 1_000)
  void anyTextIsReadOrUnreadable(@ForAll("pieces") String first, @ForAll("pieces") String second) {
    readOrUnreadable(first + second);
    readOrUnreadable("table inet netpol {\n" + first + second + "\n}\n");
    readOrUnreadable("table inet netpol {\n\tset NWPLCY-4-a {\n" + first + second + "\n\t}\n}\n");
    readOrUnreadable("table inet netpol {\n\tmap NWPLCY-TO-4 {\n" + first + second + "\n\t}\n}\n");
    readOrUnreadable("table inet netpol {\n\tchain a {\n" + first + second + "\n\t}\n}\n");
  }

  private static void readOrUnreadable(String text) {
    try {
      NftListing read = NftListing.read(text);
      assertThat(text).startsWith("table inet netpol {\n");
      assertThat(text.stripTrailing()).endsWith("\n}");
      for (Map<String, ObservedSet> sets : read.sets().values()) {
        assertThat(sets).isNotEmpty();
      }
    } catch (UnreadableListing expected) {
      assertThat(expected).hasMessageContaining("cannot be read");
    }
  }

  /** Were all lines before looked at again for each line, this would take hours. */
  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aMillionLinesAreReadOnceEach() {
    String start = "table inet netpol {\n\tset NWPLCY-4-a {\n\t\ttype ipv4_addr\n";
    String many = "\t\t\t     10.0.0.1, 10.0.0.2 comment \"a, b\",\n".repeat(1_000_000);
    String all = start + "\t\telements = { 10.0.0.3,\n" + many + "10.0.0.4 }\n\t}\n}\n";
    assertThat(read(all).sets().get(Family.IPV4).get("NWPLCY-4-a").entries()).hasSize(4);
    String quoted = start + "\t\tcomment \"\n" + many.replace("\"", "") + "\n\t}\n}\n";
    assertThatThrownBy(() -> NftListing.read(quoted))
        .isInstanceOf(UnreadableListing.class)
        .hasMessageContaining("it ends within quotes");
  }
}
