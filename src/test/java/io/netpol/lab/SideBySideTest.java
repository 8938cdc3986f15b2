package io.netpol.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.lab.Flow.Outcome;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SideBySideTest {
  private static final Map<String, String> ADDRESSES =
      Map.of("10.0.0.1", "shop/cart", "10.0.0.2", "db");
  private static final Flow TCP = Flow.tcp("shop/cart", "10.0.0.2", 80);
  private static final Flow UDP = Flow.udp("shop/cart", "10.0.0.2", 53);
  private static final Flow BACK = Flow.udp("db", "10.0.0.1", 53);

  @Test
  void tablesStandBesideEachOtherWithOneLegend() {
    Map<String, ReachabilityTable> tables = new LinkedHashMap<>();
    tables.put("before", table(Outcome.DENIED, Outcome.ALLOWED, Map.of()));
    tables.put("now", table(Outcome.ALLOWED, Outcome.DENIED, Map.of(BACK, Outcome.ALLOWED)));
    assertThat(new SideBySide(tables).render())
        .isEqualTo(
            """
                        before   now
                        1 2    1 2
            1 shop/cart   u      t
            2 db        X      X!
            from row to column:  . allowed  X denied  t TCP only  u UDP only
            ! other than asked for
            """);
  }

  private static ReachabilityTable table(Outcome tcp, Outcome udp, Map<Flow, Outcome> expected) {
    return ReachabilityTable.of(
        List.of("shop/cart", "db"),
        ADDRESSES::get,
        Map.of(TCP, tcp, UDP, udp, BACK, Outcome.DENIED),
        expected);
  }
}
