package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.apply.ApplyService;
import io.netpol.route.apply.EventLog;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code routes/read-kernel.camel.yaml}: each tool reads once, or its prefetched listing is used.
 */
class ReadKernelRoutesTest {

  private final List<String> read = new ArrayList<>();
  private final List<String> drift = new ArrayList<>();
  private RoutesOf routes;

  /** Stands in for {@link ApplyService}; only ipset's listing was prefetched. */
  public final class ApplyStub {
    public String takeSnapshot(@Header(NetpolHeaders.TOOL) String tool) {
      return tool.equals("ipset") ? "read ahead" : null;
    }

    public String read(@Header(NetpolHeaders.TOOL) String tool, @Body String saved) {
      read.add(tool + ": " + saved);
      return "drift of " + tool;
    }
  }

  /** Stands in for {@link EventLog}. */
  public final class NoticesStub {
    public void drift(@Body String found) {
      drift.add(found);
    }
  }

  @BeforeEach
  void start() throws Exception {
    routes =
        new RoutesOf("read-kernel")
            .bean("apply", new ApplyStub())
            .bean("notices", new NoticesStub())
            .start();
    routes
        .mock("direct:save")
        .whenAnyExchangeReceived(exchange -> exchange.getIn().setBody("read now"));
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void onlyListingsThatWereNotPrefetchedAreReadNow() {
    routes.send("read-kernel", List.of("ipset", "iptables"));
    assertThat(read).containsExactly("ipset: read ahead", "iptables: read now");
    assertThat(routes.mock("direct:save").getReceivedExchanges())
        .extracting(exchange -> exchange.getIn().getHeader(NetpolHeaders.TOOL))
        .containsExactly("iptables");
    assertThat(drift).containsExactly("drift of ipset", "drift of iptables");
  }

  @Test
  void nothingIsReadIfNothingIsUnknown() {
    assertThat(routes.send("read-kernel", List.of()).getException()).isNull();
    assertThat(read).isEmpty();
  }

  @Test
  void firstToolThatFailsEndsTheRead() {
    routes.failing("direct:save", new IllegalStateException("no tool"));
    Exchange sent = routes.send("read-kernel", List.of("iptables", "ip6tables"));
    assertThat(sent.getException()).hasRootCauseMessage("no tool");
    assertThat(routes.sentTo("direct:save")).hasSize(1);
    assertThat(read).isEmpty();
  }
}
