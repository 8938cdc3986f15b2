package io.netpol.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListeningTest {

  @ParameterizedTest
  @CsvSource({"127.0.0.1, false", "0.0.0.0, true", "127.0.0.2, false"})
  void findsWhoeverTakesConnectionsAndDatagrams(String address, boolean reachable)
      throws Exception {
    long self = ProcessHandle.current().pid();
    InetSocketAddress free = new InetSocketAddress(InetAddress.getByName(address), 0);
    try (ServerSocket tcp = new ServerSocket();
        DatagramSocket udp = new DatagramSocket(free)) {
      tcp.bind(free);
      for (int port : new int[] {tcp.getLocalPort(), udp.getLocalPort()}) {
        assertThat(Listening.of(self))
            .filteredOn(found -> found.getPort() == port)
            .isNotEmpty()
            .allSatisfy(
                found ->
                    assertThat(Listening.reachable(java.util.Set.of(found)))
                        .hasSize(reachable ? 1 : 0));
      }
    }
  }
}
