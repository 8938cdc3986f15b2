package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.apply.ApplyService;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.component.exec.ExecException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code routes/deliver.camel.yaml}: a payload goes to its tool. */
class DeliverRoutesTest {

  private final List<Object> delivered = new ArrayList<>();
  private RoutesOf routes;

  /** The shape of a delivery that the route reads. */
  public record Tool(String id) {}

  /** See {@link Tool}. */
  public record Delivery(Tool tool, String payload) {}

  /** Stands in for {@link ApplyService}. */
  public final class ApplyStub {
    public void delivered(Exchange exchange) {
      delivered.add(exchange.getVariable(NetpolHeaders.DELIVERY));
    }
  }

  @BeforeEach
  void start() throws Exception {
    routes =
        new RoutesOf("deliver")
            .bean("apply", new ApplyStub())
            .command("ipset.write", "ipset", "restore -exist")
            .command("iptables.write", "iptables-restore", "--noflush --wait=5")
            .start();
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void payloadIsTheInputOfTheCommandOfItsTool() {
    Delivery delivery = new Delivery(new Tool("iptables"), "*filter\nCOMMIT\n");
    Exchange sent = routes.send("deliver", delivery);
    assertThat(sent.getException()).isNull();
    assertThat(routes.commands().run())
        .containsExactly("iptables-restore --noflush --wait=5 < *filter\nCOMMIT\n");
    assertThat(delivered).containsExactly(delivery);
  }

  @Test
  void headersDoNotChangeTheCommand() {
    routes.send(
        "deliver",
        new Delivery(new Tool("ipset"), "create x hash:net"),
        "CamelExecCommandExecutable",
        "rm");
    assertThat(routes.commands().run()).containsExactly("ipset restore -exist < create x hash:net");
  }

  @Test
  void refusedPayloadFailsAndIsNotConfirmed() {
    routes.commands().endsWith("ipset restore -exist", 1);
    Exchange sent = routes.send("deliver", new Delivery(new Tool("ipset"), "nonsense"));
    assertThat(sent.getException()).isInstanceOf(ExecException.class);
    assertThat(delivered).isEmpty();
  }
}
