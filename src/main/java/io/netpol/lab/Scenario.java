package io.netpol.lab;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.parse.ObjectConverter;
import io.netpol.model.DefaultIsolation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Lists the steps of the demo, each of which changes who reaches whom in the {@link
 * ExampleCluster}.
 */
public final class Scenario {

  private Scenario() {}

  /**
   * One change to the example cluster, made through the API.
   *
   * @param title what it does, in a few words
   * @param shown the manifest or commands that a person would type; one or more lines
   * @param change makes the change
   */
  public record Step(String title, String shown, Consumer<KubernetesClient> change) {}

  /** Returns the steps in order. */
  public static List<Step> steps() {
    return List.of(
        apply("Nobody reaches a pod of the shop, but its own node", "default-deny"),
        apply("Everybody reaches the shop's web, by TCP 80", "web"),
        apply("Only the cart reaches the database, by TCP 80", "db"),
        apply("Namespaces of the team ops reach all of the shop", "monitoring"),
        apply("Guests may ask for names, and reach the world but no private address", "guests"),
        new Step(
            "The cart gets another label, and loses the database",
            "kubectl label --overwrite --namespace shop pod cart app=basket\n",
            client ->
                client
                    .pods()
                    .inNamespace("shop")
                    .withName("cart")
                    .edit(
                        pod -> {
                          pod.getMetadata().getLabels().put("app", "basket");
                          return pod;
                        })),
        changeAndDelete());
  }

  /** Returns every policy that a step creates, in its last form. */
  private static List<NetworkPolicy> policies() {
    Map<String, NetworkPolicy> byName = new LinkedHashMap<>();
    for (String file : List.of("default-deny", "web", "db", "monitoring", "guests", "db-changed")) {
      NetworkPolicy policy = policy(file);
      byName.put(policy.getMetadata().getName(), policy);
    }
    return List.copyOf(byName.values());
  }

  /** Returns the cluster with the policies of all steps, as the agent of a node holds it. */
  public static Cluster cluster(String node) {
    Cluster cluster = new Cluster(node, DefaultIsolation.OFF);
    ObjectConverter converter = new ObjectConverter(problem -> {});
    for (HasMetadata object : ExampleCluster.objects()) {
      if (object instanceof Node each) {
        converter.node(each).ifPresent(cluster::put);
      } else if (object instanceof Namespace each) {
        converter.namespace(each).ifPresent(cluster::put);
      } else if (object instanceof Pod each) {
        converter.pod(each).ifPresent(cluster::put);
      }
    }
    policies().forEach(policy -> converter.networkPolicy(policy).ifPresent(cluster::put));
    return cluster;
  }

  private static Step apply(String title, String file) {
    return new Step(title, manifest(file), client -> client.resource(policy(file)).create());
  }

  private static Step changeAndDelete() {
    return new Step(
        "The database takes the new label too, and guests are let free",
        manifest("db-changed") + "\nkubectl delete --namespace guest networkpolicy guests\n",
        client -> {
          client.resource(policy("db-changed")).update();
          client.resource(policy("guests")).delete();
        });
  }

  private static NetworkPolicy policy(String file) {
    return Serialization.unmarshal(manifest(file), NetworkPolicy.class);
  }

  private static String manifest(String file) {
    String path = "/demo/" + file + ".yaml";
    try (InputStream stream = Scenario.class.getResourceAsStream(path)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }
}
