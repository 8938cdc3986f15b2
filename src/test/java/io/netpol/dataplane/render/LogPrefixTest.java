package io.netpol.dataplane.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LogPrefixTest {

  private static final ObjectKey SHORT = new ObjectKey("shop", "web");
  private static final ObjectKey LONG =
      new ObjectKey("monitoring", "kube-prometheus-stack-prometheus-node-exporter-x7x2l-and-more");

  private static final Function<String, Optional<ObjectKey>> KNOWN =
      List.of(SHORT, LONG).stream()
          .collect(
              Collectors.collectingAndThen(
                  Collectors.toMap(LogPrefix::id, pod -> pod),
                  map -> id -> Optional.ofNullable(map.get(id))));

  @Test
  void podIsNamedWhereTheNameFits() {
    LogPrefix prefix = new LogPrefix("netpol", false, Direction.INGRESS, SHORT);
    assertThat(prefix.text(28)).isEqualTo("netpol ingress shop/web");
    assertThat(new LogPrefix("netpol", true, Direction.EGRESS, SHORT).text(63))
        .isEqualTo("netpol audit egress shop/web");
  }

  @Test
  void idStandsForTheNameOfAPodThatDoesNotFit() {
    for (int length : List.of(28, 63)) {
      String text = new LogPrefix("netpol", true, Direction.EGRESS, LONG).text(length);
      assertThat(text).isEqualTo("netpol audit egress #" + LogPrefix.id(LONG));
      assertThat(text.length()).isLessThanOrEqualTo(length);
    }
    assertThat(Names.podChain(Direction.INGRESS, LONG)).contains("-" + LogPrefix.id(LONG));
  }

  @Test
  void idFitsBehindAnyStart() {
    LogPrefix prefix = new LogPrefix("s".repeat(40), true, Direction.EGRESS, LONG);
    assertThat(prefix.text(28)).hasSize(28).endsWith("...#" + LogPrefix.id(LONG));
  }

  @Test
  void whatIsWrittenIsRead() {
    for (ObjectKey pod : List.of(SHORT, LONG)) {
      for (boolean audited : new boolean[] {true, false}) {
        LogPrefix prefix = new LogPrefix("netpol", audited, Direction.INGRESS, pod);
        assertThat(LogPrefix.parse("netpol", prefix.text(28) + " ", KNOWN)).contains(prefix);
        assertThat(LogPrefix.parse("netpol", prefix.text(63), KNOWN)).contains(prefix);
      }
    }
  }

  @Test
  void whatNobodyWroteIsNotRead() {
    for (String text :
        List.of("", "netpol", "other ingress a/b", "netpol ingress", "netpol ingress #aaaaaa")) {
      assertThat(LogPrefix.parse("netpol", text, KNOWN)).as(text).isEmpty();
    }
  }
}
