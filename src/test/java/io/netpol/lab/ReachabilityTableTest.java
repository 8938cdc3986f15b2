package io.netpol.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.lab.Flow.Outcome;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReachabilityTableTest {
  private static final List<String> MEMBERS = List.of("shop/cart", "db", "world");
  private static final Map<String, String> ADDRESSES =
      Map.of("10.0.0.1", "shop/cart", "10.0.0.2", "db", "10.0.0.3", "world");

  private static final Flow BACK = Flow.udp("db", "10.0.0.1", 53);

  @Test
  void showsOneMarkForAllFlowsOfAPair() {
    Map<Flow, Outcome> measured =
        Map.of(
            Flow.tcp("shop/cart", "10.0.0.1", 80), Outcome.ALLOWED,
            Flow.tcp("shop/cart", "10.0.0.2", 80), Outcome.ALLOWED,
            Flow.tcp("shop/cart", "10.0.0.2", 81), Outcome.DENIED,
            Flow.tcp("db", "10.0.0.1", 80), Outcome.DENIED,
            Flow.udp("db", "10.0.0.1", 80), Outcome.DENIED,
            Flow.tcp("db", "10.0.0.3", 80), Outcome.REJECTED,
            Flow.tcp("db", "10.9.9.9", 80), Outcome.REJECTED);
    ReachabilityTable table = ReachabilityTable.of(MEMBERS, ADDRESSES::get, measured, Map.of());
    assertThat(table.mismatches()).isZero();
    assertThat(table.render())
        .isEqualTo(
            """
                        1 2 3
            1 shop/cart . ~
            2 db        X   R
            3 world
            from row to column:  . allowed  X denied  R rejected  ~ some flows allowed
            """);
  }

  @Test
  void marksWhatWasNotExpected() {
    Flow stopped = Flow.tcp("shop/cart", "10.0.0.2", 80);
    Flow leaking = Flow.udp("world", "10.0.0.1", 80);
    ReachabilityTable table =
        ReachabilityTable.of(
            MEMBERS,
            ADDRESSES::get,
            Map.of(stopped, Outcome.DENIED, leaking, Outcome.ALLOWED),
            Map.of(stopped, Outcome.DENIED, leaking, Outcome.DENIED));
    assertThat(table.mismatches()).isEqualTo(1);
    assertThat(table.render())
        .isEqualTo(
            """
                        1 2 3
            1 shop/cart   X
            2 db
            3 world     .!
            from row to column:  . allowed  X denied
            ! other than expected
            """);
  }

  @Test
  void sixteenMembersWithLongNamesFitIntoEightyColumns() {
    List<String> members =
        IntStream.range(0, 16).mapToObj(i -> "namespace-%d/pod".formatted(i).repeat(3)).toList();
    Map<Flow, Outcome> measured = new HashMap<>();
    members.forEach(member -> measured.put(Flow.icmp(member, "10.0.0.1"), Outcome.DENIED));
    String text =
        ReachabilityTable.of(members, any -> members.get(15), measured, Map.of()).render();
    assertThat(text.lines()).allMatch(line -> line.length() <= 80).hasSize(18);
  }

  @Test
  void tablesStandBesideEachOtherWithOneLegend() {
    Map<String, ReachabilityTable> tables = new LinkedHashMap<>();
    tables.put("before", table(Outcome.DENIED, Outcome.ALLOWED, Map.of()));
    tables.put("now", table(Outcome.ALLOWED, Outcome.DENIED, Map.of(BACK, Outcome.ALLOWED)));
    assertThat(ReachabilityTable.render(tables))
        .isEqualTo(
            """
                        before   now
                        1 2    1 2
            1 shop/cart   u      t
            2 db        X      X!
            from row to column:  . allowed  X denied  t TCP only  u UDP only
            ! other than expected
            """);
  }

  private static ReachabilityTable table(Outcome tcp, Outcome udp, Map<Flow, Outcome> expected) {
    return ReachabilityTable.of(
        List.of("shop/cart", "db"),
        ADDRESSES::get,
        Map.of(
            Flow.tcp("shop/cart", "10.0.0.2", 80),
            tcp,
            Flow.udp("shop/cart", "10.0.0.2", 53),
            udp,
            BACK,
            Outcome.DENIED),
        expected);
  }
}
