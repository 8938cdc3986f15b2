package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.camel.Exchange;
import org.junit.jupiter.api.Test;

/** {@code routes/exec.camel.yaml}: the header names a command, and no other header changes it. */
class ExecRoutesTest {

  private static final String COMMAND = "NetpolCommand";

  private static RoutesOf start() throws Exception {
    return new RoutesOf("save")
        .command("ipset.read", "ipset", "save")
        .command("lenient", "ip", "-batch -")
        .property("netpol.exec.lenient.exit-values", "0,1")
        .start();
  }

  @Test
  void bodyIsTheInputOfTheCommandThatTheHeaderNames() throws Exception {
    try (RoutesOf routes = start()) {
      routes.commands().prints("ipset save", "sets");
      Exchange done = routes.sendTo("direct:exec", "input", COMMAND, "ipset.read");
      assertThat(done.getException()).isNull();
      assertThat(done.getMessage().getBody(String.class)).isEqualTo("sets");
      assertThat(routes.commands().run()).containsExactly("ipset save < input");
    }
  }

  @Test
  void commandThatIsNotSetIsAnErrorThatNamesIt() throws Exception {
    try (RoutesOf routes = start()) {
      Exchange done = routes.sendTo("direct:exec", "input", COMMAND, "ipset.raed");
      assertThat(done.getException()).hasStackTraceContaining("netpol.exec.ipset.raed");
      assertThat(routes.commands().run()).isEmpty();
    }
  }

  @Test
  void failureIsTheCallers() throws Exception {
    try (RoutesOf routes = start()) {
      routes.commands().endsWith("ipset save", 1);
      Exchange done = routes.sendTo("direct:exec", "", COMMAND, "ipset.read");
      assertThat(done.getException()).isNotNull();
      assertThat(done.getExchangeExtension().isRedeliveryExhausted())
          .as("handled by the route itself")
          .isFalse();
    }
  }

  @Test
  void exitStatusThatTheCommandAllowsIsNoFailure() throws Exception {
    try (RoutesOf routes = start()) {
      routes.commands().endsWith("ip -batch -", 1);
      assertThat(routes.sendTo("direct:exec", "", COMMAND, "lenient").getException()).isNull();
    }
  }
}
