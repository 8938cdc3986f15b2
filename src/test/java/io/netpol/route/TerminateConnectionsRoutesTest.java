package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.apply.ConntrackCleanup;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code routes/terminate-connections.camel.yaml}: tracked connections are listed, and some
 * deleted.
 */
class TerminateConnectionsRoutesTest {

  private static final String IPV4 = "conntrack -L -f ipv4";
  private static final String IPV6 = "conntrack -L -f ipv6";
  private static final String DELETE = "conntrack --load-file -";

  private final List<String> steps = new ArrayList<>();
  private boolean pending = true;
  private boolean ipv6 = true;
  private boolean goOn;
  private RoutesOf routes;

  /** Stands in for {@link ConntrackCleanup}. */
  public final class CutStub {
    public boolean isDue() {
      return pending;
    }

    public String begin() {
      return "batch";
    }

    public boolean looksAtIpv4(@Variable(NetpolHeaders.CLEANUP) String batch) {
      return batch.equals("batch");
    }

    public boolean looksAtIpv6() {
      return ipv6;
    }

    public void listed(@Body InputStream listed) throws IOException {
      steps.add("listed " + new String(listed.readAllBytes(), StandardCharsets.UTF_8));
    }

    public Iterator<String> deletions() {
      return List.of("file 1", "file 2").iterator();
    }

    public void deleted(@Body String printed) {
      steps.add("deleted " + printed);
    }

    public void done() {
      steps.add("done");
    }

    public void failed(@ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception why) {
      steps.add("failed: " + why.getMessage());
    }

    public boolean isToGoOn() {
      return goOn;
    }
  }

  @BeforeEach
  void start() throws Exception {
    routes =
        new RoutesOf("terminate-connections")
            .bean("connections", new CutStub())
            .command("conntrack-list-ipv4", "conntrack", "-L -f ipv4")
            .command("conntrack-list-ipv6", "conntrack", "-L -f ipv6")
            .command("conntrack-delete", "conntrack", "--load-file -")
            .start();
    routes.commands().prints(IPV4, "four").prints(IPV6, "six").prints(DELETE, "one");
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void listedConnectionsAreDeletedFileByFile() {
    routes.send("terminate-connections", null);
    assertThat(routes.commands().run())
        .containsExactly(IPV4, IPV6, DELETE + " < file 1", DELETE + " < file 2");
    assertThat(steps)
        .containsExactly("listed four", "listed six", "deleted one", "deleted one", "done");
    assertThat(routes.sentTo("seda:terminate-connections")).isEmpty();
  }

  @Test
  void familyWithoutAddressesIsNotListed() {
    ipv6 = false;
    routes.send("terminate-connections", null);
    assertThat(routes.commands().run()).contains(IPV4).doesNotContain(IPV6);
  }

  @Test
  void failedDeletionEndsTheBatchAndIsPendingAgain() {
    routes.commands().endsWith(DELETE, 1);
    assertThat(routes.send("terminate-connections", null).getException()).isNull();
    assertThat(routes.commands().run()).endsWith(DELETE + " < file 1");
    assertThat(steps).hasSize(3).doesNotContain("done");
    assertThat(steps.get(2)).startsWith("failed: ").contains(DELETE + " ended with status 1");
  }

  @Test
  void nothingIsDeletedAfterAFailedListing() {
    routes.commands().endsWith(IPV6, 1);
    routes.send("terminate-connections", null);
    assertThat(routes.commands().run()).containsExactly(IPV4, IPV6);
  }

  @Test
  void nextBatchFollowsAtOnceIfNeeded() {
    goOn = true;
    routes.commands().endsWith(IPV4, 1);
    routes.send("terminate-connections", null);
    assertThat(routes.sentTo("seda:terminate-connections")).hasSize(1);
  }

  @Test
  void pendingConnectionsAreTriedAgainPeriodically() {
    routes.send("terminate-connections-again", null);
    assertThat(routes.sentTo("seda:terminate-connections")).hasSize(1);
    pending = false;
    routes.send("terminate-connections-again", null);
    assertThat(routes.sentTo("seda:terminate-connections")).hasSize(1);
  }
}
