package io.netpol.dataplane.ipset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.reconcile.ObservedSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SetSummaryTest {

  /** What ipset 7.17 prints. */
  private static final String LISTING =
      """
      Name: NWPLCY-4-a
      Type: hash:ip
      Revision: 6
      Header: family inet hashsize 64 maxelem 65536 bucketsize 12 initval 0x0fe7c485
      Size in memory: 216
      References: 1
      Number of entries: 2

      Name: foreign
      Type: bitmap:port
      Revision: 3
      Header: range 1-9
      Size in memory: 104
      References: 0
      Number of entries: 0

      Name: NWPLCY-6-b
      Type: hash:net
      Revision: 7
      Header: family inet6 hashsize 64 maxelem 2048 bucketsize 12 initval 0x1
      Size in memory: 216
      References: 1
      Number of entries: 0
      """;

  private static ObservedSet set(String header, String... entries) {
    ObservedSet set = IpSetHeader.read(header);
    set.entries().addAll(List.of(entries));
    return set;
  }

  private static Map<String, ObservedSet> known(String... entries) {
    return Map.of(
        "NWPLCY-4-a", set("hash:ip family inet maxelem 65536", entries),
        "NWPLCY-6-b", set("hash:net family inet6 maxelem 2048"));
  }

  private static Map<String, ObservedSet> known() {
    return known("10.0.0.1", "10.0.0.2");
  }

  @Test
  void agreesIfNamesTypesAndNumbersAreTheSame() {
    assertThat(SetSummary.agrees(known(), LISTING)).isTrue();
    assertThat(SetSummary.agrees(known("10.0.0.3", "10.0.0.4"), LISTING))
        .as("it does not show the entries")
        .isTrue();
    assertThat(SetSummary.agrees(Map.of(), "")).isTrue();
  }

  @Test
  void numberOfEntriesDiffers() {
    assertThat(SetSummary.agrees(known("10.0.0.1"), LISTING)).isFalse();
    assertThat(SetSummary.agrees(known("10.0.0.1", "10.0.0.2", "10.0.0.3"), LISTING)).isFalse();
  }

  @Test
  void setIsLackingOrUnknown() {
    assertThat(SetSummary.agrees(known(), "")).isFalse();
    assertThat(
            SetSummary.agrees(known(), LISTING.substring(0, LISTING.indexOf("\nName: NWPLCY-6"))))
        .isFalse();
    assertThat(SetSummary.agrees(Map.of(), LISTING)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"hash:ip,port", "hash:net"})
  void typeDiffers(String type) {
    assertThat(
            SetSummary.agrees(known(), LISTING.replace("Type: hash:ip\n", "Type: " + type + "\n")))
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"family inet6 hashsize 64 maxelem 65536", "family inet maxelem 1024"})
  void optionsDiffer(String options) {
    String other = LISTING.replaceFirst("Header: family inet .*", "Header: " + options);
    assertThat(SetSummary.agrees(known(), other)).isFalse();
  }

  @Test
  void listingThatIsCutOrLacksTheNumbersIsUnreadable() {
    for (String cut :
        List.of(
            LISTING.substring(0, 30),
            LISTING.replace("Number of entries: 2\n", ""),
            LISTING.replace("Name: NWPLCY-4-a\n", ""),
            "ipset v7.17\n")) {
      assertThatThrownBy(() -> SetSummary.agrees(known(), cut))
          .isInstanceOf(UnreadableListing.class)
          .hasMessageStartingWith("the summary of ipset cannot be read: ");
    }
  }
}
