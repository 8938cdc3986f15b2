package io.netpol.dataplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SetEntriesTest {

  /** What ipset prints, and what it would print otherwise or not at all: each is itself alone. */
  private static final List<String> TEXTS =
      List.of(
          "10.0.0.1",
          "10.0.0.01",
          "010.0.0.1",
          "10.0.0.1 ",
          " 10.0.0.1",
          "10.0.0",
          "10.0.0.1.2",
          "10.0.0.256",
          "10.0.0.",
          "0.0.0.0",
          "255.255.255.255",
          "10.0.0.1,tcp:80",
          "10.0.0.1,udp:80",
          "10.0.0.1,sctp:80",
          "10.0.0.1,TCP:80",
          "10.0.0.1,6:80",
          "10.0.0.1,tcp:080",
          "10.0.0.1,tcp:0",
          "10.0.0.1,tcp:65535",
          "10.0.0.1,tcp:65536",
          "10.0.0.1,tcp:",
          "10.0.0.1,tcp",
          "10.0.0.1,",
          "10.0.0.1,tcp:80 timeout 3",
          "10.0.0.1 comment \"a, b:1\"",
          "10.0.0.0/8",
          "10.0.0.0/8 nomatch",
          "fd00::1",
          "fd00::1,tcp:80",
          "99999999999.0.0.1",
          "",
          ",",
          "...");

  @Property(tries = 300)
  void entriesAreThoseThatAPlainSetHas(
      @ForAll("texts") List<String> added, @ForAll("texts") List<String> removed) {
    SetEntries entries = new SetEntries();
    Set<String> plain = new HashSet<>();
    for (String text : added) {
      assertThat(entries.add(text)).isEqualTo(plain.add(text));
    }
    assertThat(entries.removeAll(removed)).isEqualTo(plain.removeAll(removed));
    assertThat(entries).hasSameSizeAs(plain).isEqualTo(plain);
    assertThat(new HashSet<>(entries)).isEqualTo(plain);
    for (String text : TEXTS) {
      assertThat(entries.contains(text)).as(text).isEqualTo(plain.contains(text));
    }
  }

  @Provide
  Arbitrary<List<String>> texts() {
    return Arbitraries.of(TEXTS).list().ofMaxSize(40);
  }

  @Test
  void textsComeBackAsTheyWere() {
    SetEntries entries = new SetEntries();
    entries.addAll(TEXTS);
    assertThat(entries).containsExactlyInAnyOrderElementsOf(TEXTS);
  }
}
