package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.iptables.RestoreFiles;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.parse.ReadableObjects;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import io.netpol.route.flow.AddressHolders;
import io.netpol.route.flow.IndexUpdater;
import io.netpol.route.flow.NodePresence;
import io.netpol.testing.Figures;
import io.netpol.testing.Repetitions;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.component.kubernetes.KubernetesConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever the API server sends ends as well-formed payload, or as a report, and harms no other.
 */
class HostileObjectsTest {

  private static final Pattern LINE =
      Pattern.compile(
          "\\*filter|COMMIT|:NWPLCY-[A-Za-z0-9-]{1,21} - \\[0:0]"
              + "|-[AI] (NWPLCY-[A-Za-z0-9-]{1,21}|FORWARD 1|OUTPUT 1)"
              + "( [!A-Za-z0-9:/._,-]+)*( --comment \"[ -!#-\\[\\]-~]{1,255}\")?"
              + "( [A-Za-z0-9-]+)*"
              + "|create NWPLCY-[46]-[a-z2-7]{20} hash:[a-z,]+ family inet6? hashsize [0-9]+ maxelem [0-9]+"
              + "|add NWPLCY-[46]-[a-z2-7]{20} [0-9a-f:.,/tcpuds]+( nomatch)?");
  private static final int AT_ONCE = 250;
  private static final RenderOptions BOTH_FAMILIES =
      new RenderOptions(
          Set.of(Family.values()),
          RenderOptions.PeerForm.IPSET,
          RenderOptions.Accept.ACCEPT,
          RenderOptions.Deny.DROP,
          RenderOptions.Log.OFF,
          RenderOptions.Unprogrammed.ALLOW);
  private static final Map<String, Class<? extends HasMetadata>> TYPES =
      Map.of(
          "Pod", Pod.class,
          "Namespace", Namespace.class,
          "Node", Node.class,
          "NetworkPolicy", NetworkPolicy.class);

  private final KubernetesSerialization serialization = ReadableObjects.serialization();
  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
  private final IndexUpdater enrich =
      new IndexUpdater(
          cluster,
          new AddressHolders(cluster),
          IptablesDataplane.unread(cluster, RenderOptions.DEFAULT),
          new NodePresence(cluster, Set::of));
  private final DefaultCamelContext context = new DefaultCamelContext();
  private int unreadable;
  private int withProblems;

  @Test
  void thousandsOfHostileObjectsHarmNoOther() {
    run(new Random(20261123), 4_000);
  }

  @Tag("long")
  @Test
  void aHundredThousandHostileObjectsHarmNoOther() {
    run(new Random(7), Repetitions.of(100_000));
  }

  private void run(Random random, int objects) {
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    good();
    String wanted = chain(render());
    assertThat(wanted).contains("--dport 80");
    HostileJson hostile = new HostileJson(random);
    for (int done = 0; done < objects; done += AT_ONCE) {
      Map<String, HasMetadata> known = new HashMap<>();
      for (int i = 0; i < AT_ONCE; i++) {
        event(hostile.object(random.nextInt(4) == 0 ? null : "hostile-" + i), known);
      }
      String payload = render();
      for (String line : payload.split("\n", -1)) {
        assertThat(line.isEmpty() || LINE.matcher(line).matches()).as(line).isTrue();
      }
      // Hostile policies may select the good pod, too: its own rules are still there.
      assertThat(payload).contains("shop/good-policy ingress 1").contains("--dport 80");
      known.values().forEach(object -> send(object, "DELETED"));
      cluster.tracked().forEach(cluster::untrack);
    }
    Figures.print(
        "%d hostile objects: %d of wrong types, %d reported", objects, unreadable, withProblems);
    assertThat(unreadable).isGreaterThan(objects / 10);
    assertThat(withProblems).isGreaterThan(unreadable); // each of them is reported
    assertThat(chain(render())).isEqualTo(wanted);
    assertThat(cluster.pods()).hasSize(1);
    assertThat(cluster.localPods()).hasSize(1);
    assertThat(cluster.namespace("hostile-1")).isEmpty();
    assertThat(cluster.node("hostile-1")).isEmpty();
  }

  private void event(ObjectNode json, Map<String, HasMetadata> known) {
    HasMetadata object =
        serialization.unmarshal(
            new String(json.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8),
            TYPES.get(json.get("kind").asText()));
    if (ReadableObjects.whyUnreadable(object.getMetadata()).isPresent()) {
      unreadable++;
    }
    send(object, "ADDED");
    known.put(object.getKind() + " " + object.getMetadata(), object);
  }

  private void send(HasMetadata object, String action) {
    Exchange exchange = new DefaultExchange(context);
    exchange.getIn().setBody(object);
    exchange.getIn().setHeader(KubernetesConstants.KUBERNETES_EVENT_ACTION, action);
    exchange.getIn().setHeader(NetpolHeaders.KIND, object.getKind());
    enrich.process(exchange);
    if (exchange.getIn().getHeader(NetpolHeaders.PROBLEMS, 0, Integer.class) > 0) {
      withProblems++;
    }
  }

  private void good() {
    String pod =
        """
        {"kind": "Pod", "metadata": {"name": "good", "namespace": "shop", "labels": {"app": "good"}},
         "spec": {"nodeName": "n1"}, "status": {"podIPs": [{"ip": "10.0.0.1"}]}}""";
    String policy =
        """
        {"kind": "NetworkPolicy", "metadata": {"name": "good-policy", "namespace": "shop"},
         "spec": {"podSelector": {"matchLabels": {"app": "good"}},
                  "ingress": [{"ports": [{"port": 80}]}]}}""";
    send(serialization.unmarshal(pod, Pod.class), "ADDED");
    send(serialization.unmarshal(policy, NetworkPolicy.class), "ADDED");
  }

  private String render() {
    Map<KernelTool, String> byTool = RestoreFiles.of(cluster, BOTH_FAMILIES).byTool();
    return String.join("\n", List.copyOf(byTool.values()));
  }

  private static String chain(String payload) {
    String name = Names.podChain(Direction.INGRESS, new ObjectKey("shop", "good"));
    return String.join(
        "\n", payload.lines().filter(line -> line.startsWith("-A " + name)).toList());
  }
}
