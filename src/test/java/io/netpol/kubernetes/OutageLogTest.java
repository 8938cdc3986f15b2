package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutageLogTest {

  private static final String SERVER = "https://api/";

  private final List<String> logged = new ArrayList<>();
  private long now;
  private final OutageLog log =
      new OutageLog(
          () -> now, text -> logged.add("WARN " + text), text -> logged.add("INFO " + text));

  private void after(double seconds) {
    now += (long) (seconds * 1e9);
    log.look(SERVER);
  }

  private void away(String... kinds) {
    for (String kind : kinds) {
      log.failed(kind, "ConnectException: Connection refused", false);
    }
  }

  @Test
  void shortOutageIsNotLogged() {
    away("pods", "nodes");
    after(5);
    log.works("pods", SERVER);
    log.works("nodes", SERVER);
    after(60);
    assertThat(logged).isEmpty();
  }

  @Test
  void longOneIsLoggedOnceForAllKindsAndItsEndToo() {
    away("pods", "nodes");
    after(5.1);
    away("pods", "nodes", "policies");
    after(30);
    log.works("pods", SERVER);
    log.works("policies", SERVER);
    after(1);
    assertThat(logged)
        .containsExactly(
            "WARN cannot list or watch at https://api/, will go on trying: ConnectException:"
                + " Connection refused; what is known stays enforced");
    log.works("nodes", SERVER);
    log.works("nodes", SERVER);
    assertThat(logged).endsWith("INFO the API server at https://api/: watching again after 36 s");
    away("pods");
    after(6);
    assertThat(logged).hasSize(3);
  }

  @Test
  void serverThatStartsIsNotSaidToForbid() {
    away("pods");
    after(4);
    log.failed("pods", "403 pods is forbidden", true);
    after(Duration.ofSeconds(10).toSeconds());
    assertThat(logged).isEmpty();
    log.works("pods", SERVER);
    after(60);
    assertThat(logged).isEmpty();
  }

  @Test
  void lastingDenialIsLoggedOnceAndNamesAllThatAreDenied() {
    log.failed("pods", "403 pods is forbidden", true);
    log.failed("nodes", "403 nodes is forbidden", true);
    after(10.1);
    log.failed("pods", "403 pods is forbidden", true);
    after(100);
    assertThat(logged)
        .singleElement()
        .asString()
        .startsWith(
            "WARN the API server at https://api/ does not let the agent list and watch"
                + " (routes nodes, pods), will go on trying: 403 pods is forbidden");
    log.failed("policies", "403 networkpolicies is forbidden", true);
    after(10.1);
    assertThat(logged).hasSize(2).last().asString().contains("networkpolicies is forbidden");
  }
}
