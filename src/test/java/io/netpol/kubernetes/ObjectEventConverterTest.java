package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Watcher;
import io.netpol.index.ObjectEvent;
import io.netpol.index.ObjectEvent.Action;
import io.netpol.kubernetes.parse.ReadableObjects;
import io.netpol.model.Kind;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectEventConverterTest {

  private static final String POD =
      """
      {"apiVersion": "v1", "kind": "Pod",
       "metadata": {"namespace": "shop", "name": "web", "uid": "u-1", "labels": {"app": "web"}},
       "spec": {"nodeName": "n1", "containers": []},
       "status": {"phase": "Running", "podIPs": [{"ip": "10.0.0.1"}]}}
      """;

  private final CamelContext context = new DefaultCamelContext();

  @BeforeEach
  void start() {
    context.start();
  }

  @AfterEach
  void stop() {
    context.stop();
  }

  private Exchange exchange(Object body, Object action) {
    Exchange exchange = new DefaultExchange(context);
    exchange.getIn().setBody(body);
    exchange.getIn().setHeader("CamelKubernetesEventAction", action);
    exchange.getIn().setHeader("CamelKubernetesEventTimestamp", 42L);
    return exchange;
  }

  private ObjectEvent event(Object body, Object action) {
    return exchange(body, action).getMessage().getBody(ObjectEvent.class);
  }

  @Test
  void podFromATextIsWhatTheSourceWouldTell() {
    HasMetadata object =
        ReadableObjects.serialization().unmarshal(POD, io.fabric8.kubernetes.api.model.Pod.class);
    ObjectEvent event = event(POD, Watcher.Action.ADDED);
    assertThat(event).isEqualTo(event(object, "MODIFIED"));
    assertThat(event.kind()).isEqualTo(Kind.POD);
    assertThat(event.key()).isEqualTo(new ObjectKey("shop", "web"));
    assertThat(event.action()).isEqualTo(Action.PUT);
    assertThat(((Pod) event.object()).labels()).containsEntry("app", "web");
    assertThat(event.uid()).isEqualTo("u-1");
    assertThat(event.receivedMillis()).isEqualTo(42);
    assertThat(event.problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"DELETED, DELETE", "ADDED, PUT", "MODIFIED, PUT", ", PUT"})
  void onlyDeletedMeansThatItIsGone(String action, Action meant) {
    assertThat(event(POD, action).action()).isEqualTo(meant);
  }

  @Test
  void eachKindIsRead() {
    String policy =
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {namespace: shop, name: deny}
        spec: {podSelector: {}, policyTypes: [Ingress]}
        """;
    assertThat(event(policy, null).object()).isInstanceOf(NetworkPolicy.class);
    String namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}";
    assertThat(event(namespace, null).object()).isInstanceOf(Namespace.class);
    String node = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}";
    assertThat(event(node, null).object()).isInstanceOf(Node.class);
  }

  @Test
  void whatCannotBeReadStaysAsItWasKnown() {
    ObjectEvent event = event(POD.replace("{\"app\": \"web\"}", "7"), "MODIFIED");
    assertThat(event.action()).isEqualTo(Action.KEEP);
    assertThat(event.object()).isNull();
    assertThat(event.problems()).hasSize(1);
  }

  @Test
  void otherKindsAreNoEvents() {
    assertThat(event(new ConfigMapBuilder().withNewMetadata().endMetadata().build(), null))
        .isNull();
  }
}
