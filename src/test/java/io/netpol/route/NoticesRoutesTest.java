package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code routes/notices.camel.yaml}: what happened goes out as JSON. */
class NoticesRoutesTest {

  /** In the place of {@link EventLog}. */
  public static final class NoticesStub {
    public List<EventLog.Notice> takeIfHeard() {
      return List.of(
          new EventLog.Notice("applied", Map.of("pods", 2)),
          new EventLog.Notice("drift", Map.of("tool", "ipset")));
    }
  }

  @Test
  void eachNoticeIsALineOfJsonWithItsKindInAHeader() throws Exception {
    try (RoutesOf routes = new RoutesOf("notices").bean("notices", new NoticesStub()).start()) {
      routes.send("notices", null);
      assertThat(routes.sentTo("seda:notices"))
          .containsExactly("{\"pods\":2}", "{\"tool\":\"ipset\"}");
      assertThat(routes.mock("seda:notices").getReceivedExchanges())
          .extracting(exchange -> exchange.getIn().getHeader(NetpolHeaders.NOTICE))
          .containsExactly("applied", "drift");
    }
  }
}
