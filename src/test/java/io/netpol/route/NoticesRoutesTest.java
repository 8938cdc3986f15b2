package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

/** {@code routes/notices.camel.yaml}: what happened goes out as JSON. */
class NoticesRoutesTest {

  /** Stands in for {@link EventLog}. */
  public record NoticesStub(boolean areHeard) {}

  @Test
  void eachNoticeIsALineOfJsonWithItsKindInAHeader() throws Exception {
    try (RoutesOf routes = new RoutesOf("notices").bean("notices", new NoticesStub(true)).start()) {
      routes.send("notices", new EventLog.Notice("applied", Map.of("pods", 2)));
      routes.send("notices", new EventLog.Notice("drift", Map.of("tool", "ipset")));
      assertThat(routes.sentTo("seda:notices"))
          .containsExactly("{\"pods\":2}", "{\"tool\":\"ipset\"}");
      assertThat(routes.mock("seda:notices").getReceivedExchanges())
          .extracting(exchange -> exchange.getIn().getHeader(NetpolHeaders.NOTICE))
          .containsExactly("applied", "drift");
    }
  }

  @Test
  void noNoticeIsSentWithoutAConsumer() throws Exception {
    try (RoutesOf routes =
        new RoutesOf("notices").bean("notices", new NoticesStub(false)).start()) {
      routes.send("notices", new EventLog.Notice("applied", Map.of("pods", 2)));
      assertThat(routes.sentTo("seda:notices")).isEmpty();
    }
  }

  @Test
  void policyIsQueuedAndAFullQueueDoesNoHarm() throws Exception {
    List<EventLog.Notice> queue = new ArrayList<>();
    EventLog notices =
        new EventLog(
            null,
            "n1",
            Clock.systemUTC(),
            () -> true,
            notice -> queue.isEmpty() && queue.add(notice));
    try (DefaultCamelContext context = new DefaultCamelContext()) {
      Exchange event = new DefaultExchange(context);
      event.getMessage().setHeader(NetpolHeaders.NAMESPACE, "shop");
      event.getMessage().setHeader(NetpolHeaders.NAME, "web");
      notices.policy(event);
      notices.policy(event);
    }
    assertThat(queue).singleElement().extracting(EventLog.Notice::kind).isEqualTo("policy");
    assertThat(queue.get(0).fields()).containsEntry("policy", "shop/web");
  }
}
