package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.apply.ApplyService;
import io.netpol.route.flow.IndexUpdater;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code routes/resync.camel.yaml}: the whole node is synced, and the kernel is read again. */
class ResyncRoutesTest {

  private final List<String> steps = new ArrayList<>();
  private String wanted = "all of the node";
  private String toCheck = "ipset";

  /** What the check of a listing is; null: it names the tool and the listing. */
  private String checked;

  private RoutesOf routes;

  /** Stands in for {@link IndexUpdater}. */
  public final class EnrichStub {
    public String wanted() {
      return wanted;
    }
  }

  /** Stands in for {@link ApplyService}. */
  public final class ApplyStub {
    public void checkAll() {
      steps.add("check all");
    }

    public String toPrefetch() {
      return toCheck;
    }

    public String completePrefetch(@Header(NetpolHeaders.TOOL) String tool, @Body String saved) {
      return checked == null ? "check of " + tool + ": " + saved : checked;
    }
  }

  @BeforeEach
  void start() throws Exception {
    routes =
        new RoutesOf("resync")
            .bean("enrich", new EnrichStub())
            .bean("apply", new ApplyStub())
            .property("netpol.resync.interval", "1000")
            .property("netpol.check.period", "1000")
            .start();
    routes
        .mock("direct:save")
        .whenAnyExchangeReceived(exchange -> exchange.getIn().setBody("listing"));
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void wholeNodeIsPendingAndChecked() {
    routes.send("resync", null);
    assertThat(steps).containsExactly("check all");
    assertThat(routes.sentTo("direct:batch")).containsExactly("all of the node");
  }

  @Test
  void nothingIsPendingBeforeAllKindsAreListed() {
    wanted = null;
    routes.send("resync", null);
    assertThat(steps).isEmpty();
    assertThat(routes.sentTo("direct:batch")).isEmpty();
  }

  @Test
  void summaryThatAgreesIsNotPending() {
    toCheck = "ipset-summary";
    checked = "";
    routes.send("check", null);
    assertThat(routes.sentTo("direct:batch")).isEmpty();
  }

  @Test
  void prefetchedListingIsPendingForItsCheck() {
    routes.send("check", null);
    assertThat(routes.sentTo("direct:batch")).containsExactly("check of ipset: listing");
  }

  @Test
  void noToolRunsIfNoneHasTo() {
    toCheck = null;
    routes.send("check", null);
    assertThat(routes.sentTo("direct:save")).isEmpty();
    assertThat(routes.sentTo("direct:batch")).isEmpty();
  }

  @Test
  void failedPrefetchIsLeftToTheSync() {
    routes.failing("direct:save", new IllegalStateException("no tool"));
    assertThat(routes.send("check", null).getException()).isNull();
    assertThat(routes.sentTo("direct:batch")).containsExactly("check of ipset: null");
  }
}
