package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code routes/sources.camel.yaml}: what is watched, and where it goes. */
class SourcesRoutesTest {

  @ParameterizedTest
  @CsvSource({
    "network-policies, direct:policy",
    "pods, direct:event",
    "namespaces, direct:event",
    "nodes, direct:event"
  })
  void receivedEventsAreForwardedUnchanged(String route, String to) throws Exception {
    try (RoutesOf routes = new RoutesOf("sources").start()) {
      routes.send(route, "an object");
      assertThat(routes.sentTo(to)).containsExactly("an object");
    }
  }

  @Test
  void onlyTheOwnNodeIsWatchedAndEveryKindReportsTheEndOfItsList() throws Exception {
    assertThat(RoutesOf.consumed("sources"))
        .hasSize(4)
        .allMatch(uri -> uri.contains("endOfList=true"))
        .anyMatch(
            uri ->
                uri.startsWith("kubernetes-nodes:") && uri.contains("resourceName={{netpol.node}}"))
        .filteredOn(uri -> !uri.startsWith("kubernetes-nodes:"))
        .noneMatch(uri -> uri.contains("resourceName"));
  }
}
