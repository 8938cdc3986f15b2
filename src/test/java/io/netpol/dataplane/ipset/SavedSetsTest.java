package io.netpol.dataplane.ipset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.dataplane.SavedLines;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.net.Family;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SavedSetsTest {

  private static final String SAVED =
      """
      create NWPLCY-4-a hash:ip family inet hashsize 64 maxelem 1024 bucketsize 12 initval 0x0f
      add NWPLCY-4-a 10.0.0.1
      add NWPLCY-4-a 10.0.0.2
      create KUBE-LOOP hash:ip,port,ip family inet hashsize 1024 maxelem 65536
      add KUBE-LOOP 10.0.0.1,tcp:80,10.0.0.1
      create NWPLCY-4-empty hash:net family inet hashsize 64 maxelem 1024
      create NWPLCY-6-b hash:net family inet6 hashsize 64 maxelem 2048
      add NWPLCY-6-b 2001:db8::/33 nomatch
      """;

  private static Map<String, ObservedSet> known() {
    Map<String, ObservedSet> known = new HashMap<>();
    SavedSets.read(SAVED).values().forEach(known::putAll);
    return known;
  }

  @Test
  void oursAreReadByFamilyAndNoOthers() {
    Map<Family, Map<String, ObservedSet>> read = SavedSets.read(SAVED);
    assertThat(read.get(Family.IPV4)).containsOnlyKeys("NWPLCY-4-a", "NWPLCY-4-empty");
    assertThat(read.get(Family.IPV4).get("NWPLCY-4-a").entries())
        .containsExactlyInAnyOrder("10.0.0.1", "10.0.0.2");
    assertThat(read.get(Family.IPV6)).containsOnlyKeys("NWPLCY-6-b");
    assertThat(read.get(Family.IPV6).get("NWPLCY-6-b").entries())
        .containsExactly("2001:db8::/33 nomatch");
    assertThat(read.get(Family.IPV6).get("NWPLCY-6-b").maxEntries()).isEqualTo(2048);
  }

  /** Were the rest of the listing looked at for each line, this would take hours. */
  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aMillionLinesAreReadOnceEach() {
    String others =
        "create OTHER hash:ip family inet\n" + "add OTHER 192.0.2.1\n".repeat(1_000_000);
    assertThat(SavedSets.areExactly(Map.of(), others)).isTrue();
    assertThat(SavedLines.of("the sets", others, Set.of())).hasSize(1_000_001);
  }

  @Test
  void whatIsAsItWasLeftIsConfirmed() {
    assertThat(SavedSets.areExactly(known(), SAVED)).isTrue();
    assertThat(SavedSets.areExactly(known(), SAVED.replace("KUBE-LOOP", "KUBE-OTHER"))).isTrue();
    assertThat(SavedSets.areExactly(Map.of(), "")).isTrue();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "an entry is gone | add NWPLCY-4-a 10.0.0.2\\n | ''",
        "an entry is another | a 10.0.0.2 | a 10.0.0.3",
        "an entry came | add NWPLCY-4-a 10.0.0.2 | add NWPLCY-4-a 10.0.0.2\\nadd NWPLCY-4-a 10.0.0.9",
        "a set is another's size | maxelem 2048 | maxelem 4096",
        "a set is another's type | NWPLCY-4-empty hash:net | NWPLCY-4-empty hash:ip",
        "an empty set came | create KUBE-LOOP | create NWPLCY-4-c hash:ip family inet\\ncreate KUBE-LOOP",
        "an empty set is gone | create NWPLCY-4-empty | create OTHER-4-empty",
        "a flag is gone | ' nomatch' | ''"
      })
  void whatIsOtherwiseIsNot(String what, String text, String instead) {
    String changed = SAVED.replace(text.replace("\\n", "\n"), instead.replace("\\n", "\n"));
    assertThat(changed).as(what).isNotEqualTo(SAVED);
    assertThat(SavedSets.areExactly(known(), changed)).as(what).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create NWPLCY-4-a hash:ip family inet\nadd NWPLCY-4-a 10.0.0.1", // cut short
        "create NWPLCY-4-a hash:ip family inet\nadd NWPLCY-4-a",
        "ipset v7.17: Kernel error received: Operation not permitted\n",
        "create foreign hash:ip comment\nadd foreign 10.0.0.1 comment \"a\n",
        "\n"
      })
  void whatIsNotWholeIsNoState(String saved) {
    assertThatThrownBy(() -> SavedSets.read(saved)).isInstanceOf(UnreadableListing.class);
  }

  @Test
  void commentOfSomebodyElseIsNoEntryOfOurs() {
    String foreign =
        "create foreign hash:ip family inet comment\n"
            + "add foreign 10.0.0.9 comment \"x\nadd NWPLCY-4-a 10.66.6.6\"\n";
    assertThat(SavedSets.read(SAVED + foreign)).isEqualTo(SavedSets.read(SAVED));
    assertThat(SavedSets.areExactly(known(), SAVED + foreign)).isTrue();
  }

  @Test
  void setOfAnotherMakingUnderOurNameIsReadAsItIs() {
    Map<Family, Map<String, ObservedSet>> read =
        SavedSets.read("create NWPLCY-4-a list:set size counters maxelem many comment\n");
    assertThat(read.get(Family.IPV4).get("NWPLCY-4-a").kind()).isEmpty();
  }
}
