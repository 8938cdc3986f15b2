package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.reconcile.ObservedState;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.net.Family;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A listing of the filter table is understood as a whole, or not at all. */
class SavedTableTest {

  private static final String INCOMPATIBLE = "# Table `filter' is incompatible, use 'nft' tool.\n";

  @Test
  void bareRuleIsARuleWithoutTarget() {
    SavedTable table = read(Listings.table("-A FORWARD\n[3:180] -A OUTPUT\n"));
    assertThat(table.rules())
        .containsExactly(new SavedRule("FORWARD", ""), new SavedRule("OUTPUT", ""));
    assertThat(table.rules()).extracting(SavedRule::target).containsOnly("");
  }

  @Test
  void commentWithLineFeedsIsNoRuleAndNoEnd() {
    String rule = "-m comment --comment \"x\n-A NWPLCY-IN-q -j \\\"ACCEPT\nCOMMIT\n*nat\" -j DROP";
    SavedTable table = read(Listings.table("-A FORWARD " + rule + "\n-A OUTPUT -j ACCEPT\n"));
    assertThat(table.rules())
        .containsExactly(new SavedRule("FORWARD", rule), new SavedRule("OUTPUT", "-j ACCEPT"));
    assertThat(table.rules().get(0).target()).isEqualTo("DROP");
  }

  @Test
  void quotesInNamesQuoteNothing() {
    SavedTable table =
        read(Listings.table(":\"c - [0:0]\n:a\"b - [0:0]\n-A a\"b -g \"c\n-A \"c -j RETURN\n"));
    assertThat(table.chains()).contains("\"c", "a\"b");
    assertThat(table.rules())
        .containsExactly(new SavedRule("a\"b", "-g \"c"), new SavedRule("\"c", "-j RETURN"));
    assertThat(table.rules().get(0).target()).isEqualTo("\"c");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-m comment --comment \"-j NWPLCY-FORWARD\" -j ACCEPT",
        "-m comment --comment \"a \\\" -j NWPLCY-FORWARD\" -j ACCEPT",
        "-m comment --comment -j -j ACCEPT",
        "-j ACCEPT"
      })
  void targetIsNoPartOfAComment(String rule) {
    assertThat(new SavedRule("FORWARD", rule).target()).isIn("ACCEPT", "-j");
    assertThat(Names.isOurs(new SavedRule("FORWARD", rule).target())).isFalse();
  }

  @Test
  void tableThatOnlyNftCanPrintIsUnreadableAndSaysWhatToDo() {
    for (String saved : List.of(INCOMPATIBLE, "# Generated\n" + INCOMPATIBLE)) {
      assertThatThrownBy(() -> SavedTable.filter(IptablesTools.IP6TABLES, saved))
          .isInstanceOf(UnreadableListing.class)
          .hasMessageContainingAll(
              "table filter of ip6tables", "is incompatible", "nft -a list table ip6 filter");
      assertThatThrownBy(() -> SavedTable.filterIfThere(IptablesTools.IPTABLES, saved))
          .isInstanceOf(UnreadableListing.class);
    }
  }

  @Test
  void otherTablesAndBaseChainsOfOthersDoNotMatter() {
    String saved =
        "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n"
            + "# Table `nat' is incompatible, use 'nft' tool.\n"
            + "# Table `filter' contains incompatible base-chains, use 'nft' tool to list them.\n"
            + "*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j ACCEPT\nCOMMIT\n";
    assertThat(read(saved + Listings.table("")).rules()).isEmpty();
    assertThat(SavedTable.filterIfThere(IptablesTools.IPTABLES, saved)).isEmpty();
    assertThat(SavedTable.filterIfThere(IptablesTools.IPTABLES, "")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "*filter\n",
        "*filter\n:FORWARD ACCEPT [0:0]\n",
        "*filter\n:FORWARD ACCEPT [0:0]\nCOMM",
        "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j ACCEPT\nCOMMIT",
        "*filter\n:FORWARD\nCOMMIT\n",
        "*filter\n-A\nCOMMIT\n",
        "*filter\n*nat\nCOMMIT\n",
        "*nat\nCOMMIT\n",
        "-A FORWARD -j ACCEPT\n",
        "iptables-save: Permission denied\n",
        "*filter\n-A FORWARD -m comment --comment \"x\nCOMMIT\n"
      })
  void whatIsNotWholeIsUnreadable(String saved) {
    assertThatThrownBy(() -> SavedTable.filter(IptablesTools.IPTABLES, saved))
        .isInstanceOf(UnreadableListing.class)
        .hasMessageStartingWith("table filter of iptables cannot be read: ");
  }

  @Property(tries = 2_000)
  void anyTextIsReadOrUnreadable(@ForAll("listings") String saved) {
    try {
      SavedTable table = read(saved);
      table.rules().forEach(SavedRule::target);
      FilterTable backend = new FilterTable(Family.IPV4, RenderOptions.DEFAULT);
      ObservedState present = new ObservedState(backend, true);
      present.readChains(backend.read(saved));
      backend.difference(Map.of(), Set.of("NWPLCY-OLD"), true, present);
      assertThat(OwnedRules.of(table).removal()).endsWith("COMMIT\n");
    } catch (UnreadableListing expected) {
      assertThat(expected).hasMessageContaining("cannot be read");
    }
  }

  /** Whole listings of pieces that iptables-save prints, some cut or with anything in them. */
  @Provide
  Arbitrary<String> listings() {
    Arbitrary<String> piece =
        Arbitraries.of(
            "*filter\n",
            "*nat\n",
            "COMMIT\n",
            ":FORWARD ACCEPT [0:0]\n",
            ":NWPLCY-OLD - [0:0]\n",
            "-A FORWARD\n",
            "-A FORWARD -j NWPLCY-FORWARD\n",
            "-A NWPLCY-OLD -j DROP\n",
            "[1:2] -A INPUT -g NWPLCY-OLD\n",
            "-A FORWARD -m comment --comment \"a\n-A \" -j X\n",
            "# Completed\n",
            "\"",
            "\\",
            "\n",
            " ",
            "-A ",
            "-j ",
            ":",
            "[",
            "\u0000");
    Arbitrary<String> any = Arbitraries.strings().withChars("-AjgN: []\"\\\n#*'x").ofMaxLength(12);
    return Arbitraries.oneOf(piece, any)
        .list()
        .ofMaxSize(12)
        .map(pieces -> String.join("", pieces))
        .flatMap(body -> Arbitraries.of(body, Listings.table(body)));
  }

  private static SavedTable read(String saved) {
    SavedTable table = SavedTable.filter(IptablesTools.IPTABLES, saved);
    assertThat(SavedTable.filterIfThere(IptablesTools.IPTABLES, saved))
        .isEqualTo(Optional.of(table));
    return table;
  }
}
