package io.netpol.lab;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.netpol.kubernetes.manifest.ManifestException;
import io.netpol.kubernetes.manifest.Manifests;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;

/**
 * Applies the policies of a folder to the cluster of the demo by a Camel route, one file at a time.
 *
 * <p>Its context is a bare one: Camel Main would start what the class path has for an agent, a
 * server of HTTP too.
 */
public final class PolicyFolder implements AutoCloseable {
  private final KubernetesClient client;
  private final ScenarioRunner runner;
  private final PrintWriter out;
  private final DefaultCamelContext context = new DefaultCamelContext();

  /** Returns a folder that is not watched yet. */
  public PolicyFolder(
      Path folder, KubernetesClient client, ScenarioRunner runner, PrintWriter out) {
    this.client = client;
    this.runner = runner;
    this.out = out;
    context.getCamelContextExtension().setName("camel-netpol-demo");
    context
        .getPropertiesComponent()
        .addOverrideProperty("demo.folder", folder.toAbsolutePath().toString());
    context.getRegistry().bind("policyFolder", this);
  }

  /** Watches from now on; what lies there already counts as new. */
  public void watch() throws Exception {
    Resource route =
        PluginHelper.getResourceLoader(context).resolveResource("classpath:demo/folder.camel.yaml");
    PluginHelper.getRoutesLoader(context).loadRoutes(route);
    context.start();
  }

  /** Applies the policies of a file, and shows what that did; a bad file only gets a line. */
  public void apply(Exchange exchange) throws IOException, InterruptedException {
    Path file = Path.of(exchange.getMessage().getHeader(Exchange.FILE_PATH, String.class));
    String name = file.getFileName().toString();
    List<NetworkPolicy> policies;
    try {
      policies = read(file);
    } catch (ManifestException e) {
      out.printf(Locale.ROOT, "%nNot applied: %s%n", e.getMessage());
      out.flush();
      return;
    }
    out.println();
    policies.forEach(policy -> apply(name, policy));
    out.println();
    runner.show(name);
  }

  private void apply(String name, NetworkPolicy policy) {
    boolean known = client.resource(policy).get() != null;
    if (known) {
      client.resource(policy).update();
    } else {
      client.resource(policy).create();
    }
    out.printf(
        Locale.ROOT,
        "%s: NetworkPolicy %s/%s %s%n",
        name,
        policy.getMetadata().getNamespace(),
        policy.getMetadata().getName(),
        known ? "changed" : "created");
  }

  /**
   * Returns all of a file is read before any of it is applied, as strictly as an API server would.
   */
  private List<NetworkPolicy> read(Path file) throws ManifestException {
    String name = file.getFileName().toString();
    Manifests.readFile(file)
        .remarks()
        .forEach(warning -> out.printf(Locale.ROOT, "%n%s: %s", name, warning));
    List<NetworkPolicy> policies = new ArrayList<>();
    for (HasMetadata object : load(file)) {
      if (!(object instanceof NetworkPolicy policy)) {
        throw new ManifestException(
            name
                + ": only NetworkPolicies of networking.k8s.io/v1 are taken here, not a "
                + object.getKind()
                + " of "
                + object.getApiVersion());
      }
      if (policy.getMetadata().getNamespace() == null) {
        policy.getMetadata().setNamespace("default");
      }
      String namespace = policy.getMetadata().getNamespace();
      if (client.namespaces().withName(namespace).get() == null) {
        throw new ManifestException(
            name + ": there is no namespace " + namespace + ", only shop, ops and guest");
      }
      policies.add(policy);
    }
    if (policies.isEmpty()) {
      throw new ManifestException(name + ": no NetworkPolicy in it");
    }
    return policies;
  }

  private List<HasMetadata> load(Path file) throws ManifestException {
    try (InputStream stream = Files.newInputStream(file)) {
      return client.load(stream).items();
    } catch (IOException | RuntimeException e) {
      throw new ManifestException(file.getFileName() + ": cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    context.stop();
  }
}
