package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.camel.Exchange;
import org.apache.camel.component.exec.ExecException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code routes/save.camel.yaml}: what a tool prints of the kernel. */
class SaveRoutesTest {

  private RoutesOf routes;

  @BeforeEach
  void start() throws Exception {
    routes = new RoutesOf("save").command("ipset.read", "ipset", "save").start();
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void outputOfTheToolBecomesTheBodyAsText() {
    routes.commands().prints("ipset save", "create x hash:net\n");
    Exchange sent = routes.send("save", "what was there", NetpolHeaders.TOOL, "ipset");
    assertThat(sent.getMessage().getBody()).isEqualTo("create x hash:net\n");
    assertThat(routes.commands().run()).as("without input").containsExactly("ipset save");
  }

  @Test
  void failedToolFailsTheRead() {
    routes.commands().endsWith("ipset save", 1);
    Exchange sent = routes.send("save", null, NetpolHeaders.TOOL, "ipset");
    assertThat(sent.getException()).isInstanceOf(ExecException.class);
  }
}
