package io.netpol.route.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import io.netpol.observe.metrics.KernelReader;
import io.netpol.testing.Eventually;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

/** Reading the kernel for an answer to people delays writes of sets while it lists them only. */
class KernelReaderTest {

  private static final int TIMES = 50;

  /** Without any time left the read may end before it begins. */
  @Test
  void readEndsWhenNoTimeIsLeft() throws Exception {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    Dataplane dataplane = IptablesDataplane.unread(cluster, RenderOptions.DEFAULT);
    ResyncScheduler resync =
        new ResyncScheduler(dataplane.tools(), Map.of(), Duration.ofMinutes(1));
    try (DefaultCamelContext context = new DefaultCamelContext()) {
      context.addRoutes(
          new RouteBuilder() {
            @Override
            public void configure() {
              from("direct:save").setBody(constant(""));
            }
          });
      context.start();
      KernelReader reader =
          new KernelReader(context, cluster, dataplane, resync, Set.of(Family.IPV4), Duration.ZERO);
      for (int i = 0; i < TIMES; i++) {
        assertThat(reader.of(Set.of(new ObjectKey("a", "b"))).problem()).isPresent();
      }
      Eventually.holds("nobody reads sets", () -> !resync.isReadingSets());
    }
  }
}
