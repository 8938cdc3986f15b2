package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class RunCommandTest {

  @Test
  void portThatSomebodyElseHasIsNamed() throws Exception {
    String port;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      port = Integer.toString(taken.getLocalPort());
      assertThatThrownBy(() -> RunCommand.checkPort("127.0.0.1", port))
          .hasMessage(
              "health and metrics cannot listen on 127.0.0.1:%s"
                  + " (netpol.http.host, netpol.http.port): Address already in use",
              port);
    }
    assertThatCode(() -> RunCommand.checkPort("127.0.0.1", port)).doesNotThrowAnyException();
  }

  @Test
  void addressThatTheHostDoesNotHaveIsNamed() {
    assertThatThrownBy(() -> RunCommand.checkPort("203.0.113.1", "9876"))
        .hasMessageContaining("203.0.113.1:9876");
  }
}
