package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.route.apply.EventLog;
import io.netpol.route.deadletter.DeadLetter;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

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
            true,
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

  @ParameterizedTest
  @MethodSource
  void noticeOfAPolicySaysWhichVersionOfIt(Object body, boolean withSpec, String expected)
      throws Exception {
    List<EventLog.Notice> queue = new ArrayList<>();
    EventLog notices =
        new EventLog(null, "n1", withSpec, Clock.systemUTC(), () -> true, queue::add);
    try (DefaultCamelContext context = new DefaultCamelContext()) {
      Exchange event = new DefaultExchange(context);
      event.getMessage().setHeader(NetpolHeaders.NAMESPACE, "shop");
      event.getMessage().setHeader(NetpolHeaders.NAME, "web");
      event.getMessage().setHeader(NetpolHeaders.FIRST_LIST, true);
      event.setVariable(NetpolHeaders.OBJECT, body);
      notices.policy(event);
    }
    ObjectNode json = new ObjectMapper().valueToTree(queue.get(0).fields());
    json.remove(List.of("notice", "time", "node", "text", "policy", "action", "problems", "due"));
    assertThat(json).hasToString(expected);
  }

  static List<Arguments> noticeOfAPolicySaysWhichVersionOfIt() {
    String text =
        """
        {"kind": "NetworkPolicy",
         "metadata": {"name": "web", "uid": "u1", "resourceVersion": "7", "generation": 2},
         "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}}
        """;
    NetworkPolicy policy = Serialization.unmarshal(text, NetworkPolicy.class);
    String version =
        "{\"firstList\":true,\"uid\":\"u1\",\"resourceVersion\":\"7\",\"generation\":2";
    String spec = ",\"spec\":{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"port\":80}]}]}}";
    String read = ",\"spec\":{\"ingress\":[{\"ports\":[{\"port\":80}]}],\"podSelector\":{}}}";
    // What is left of a policy that went while nothing was watched.
    NetworkPolicy gone =
        Serialization.unmarshal("metadata: {uid: u1, resourceVersion: '7'}", NetworkPolicy.class);
    return List.of(
        Arguments.of(policy, false, version + "}"),
        Arguments.of(policy, true, version + read),
        Arguments.of(text, true, version + spec),
        Arguments.of(text, false, version + "}"),
        Arguments.of(gone, true, "{\"firstList\":true,\"uid\":\"u1\",\"resourceVersion\":\"7\"}"),
        Arguments.of("kind: NetworkPolicy", true, "{\"firstList\":true}"),
        Arguments.of(null, true, "{\"firstList\":true}"));
  }

  @ParameterizedTest
  @CsvSource({
    "line 5: RULE_APPEND failed, -A x, 1",
    "line 7: RULE_APPEND failed, -A x, 1",
    "line 7: RULE_APPEND failed, -A y, 2",
    "line 7: did not finish, -A x, 2"
  })
  void letterIsReportedAgainWhereMoreDiffersThanTheNumberOfTheLine(
      String error, String line, int reported) {
    List<EventLog.Notice> queue = new ArrayList<>();
    EventLog notices = new EventLog(null, "n1", false, Clock.systemUTC(), () -> true, queue::add);
    notices.letter(letter("line 5: RULE_APPEND failed", 5, "-A x"));
    notices.letter(letter(error, 7, line));
    assertThat(queue).hasSize(reported);
  }

  private static DeadLetter letter(String error, int lineNumber, String line) {
    return new DeadLetter(
        DeadLetter.SCHEMA_VERSION,
        "pod_shop_web",
        "n1",
        "1.2.3",
        "0123456789ABCDE-0000000000000001",
        List.of("shop/web"),
        List.of(),
        List.of("shop/odd"),
        null,
        List.of(),
        List.of(),
        "iptables",
        "payload",
        null,
        4,
        error,
        lineNumber,
        line,
        error,
        DeadLetter.State.LAST_RULES,
        1,
        Instant.EPOCH,
        Instant.EPOCH);
  }

  @Test
  void noticeOfTheFirstListSaysSoInAHeader() throws Exception {
    try (RoutesOf routes = new RoutesOf("notices").bean("notices", new NoticesStub(true)).start()) {
      routes.send("notices", new EventLog.Notice("policy", Map.of("firstList", true)));
      routes.send("notices", new EventLog.Notice("policy", Map.of("firstList", false)));
      routes.send("notices", new EventLog.Notice("applied", Map.of("pods", 2)));
      assertThat(routes.mock("seda:notices").getReceivedExchanges())
          .extracting(exchange -> exchange.getIn().getHeader(NetpolHeaders.FIRST_LIST))
          .containsExactly(true, false, null);
    }
  }
}
