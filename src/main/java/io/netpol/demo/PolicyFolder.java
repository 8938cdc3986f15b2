package io.netpol.demo;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.netpol.kubernetes.ObjectConverter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;

/** A folder whose policies a Camel route applies to the cluster of the demo, one file at a time. */
public final class PolicyFolder implements AutoCloseable {
  private final KubernetesClient client;
  private final Tour tour;
  private final PrintWriter out;
  private final Main main = new Main(PolicyFolder.class);

  /** A folder that is not watched yet. */
  public PolicyFolder(Path folder, KubernetesClient client, Tour tour, PrintWriter out) {
    this.client = client;
    this.tour = tour;
    this.out = out;
    main.configure().withRoutesIncludePattern("classpath:demo/folder.camel.yaml");
    main.addOverrideProperty("demo.folder", folder.toAbsolutePath().toString());
    main.addOverrideProperty("camel.main.name", "camel-netpol-demo");
    main.addMainListener(
        new MainListenerSupport() {
          @Override
          public void beforeConfigure(BaseMainSupport support) {
            CamelContext context = support.getCamelContext();
            context.getRegistry().bind("policyFolder", PolicyFolder.this);
          }
        });
  }

  /** Watches from now on; what lies there already counts as new. */
  public void watch() throws Exception {
    main.start();
  }

  /** Applies the policies of a file, and shows what that did; a bad file only gets a line. */
  public void apply(Exchange exchange) throws IOException, InterruptedException {
    Path file = Path.of(exchange.getMessage().getHeader(Exchange.FILE_PATH, String.class));
    String name = file.getFileName().toString();
    try {
      List<NetworkPolicy> policies = read(Files.readString(file));
      out.println();
      policies.forEach(policy -> apply(name, policy));
      out.println();
    } catch (BadFileException | IOException e) {
      out.printf("%n%s: not applied: %s%n", name, e.getMessage());
      out.flush();
      return;
    }
    tour.show(name);
  }

  private void apply(String name, NetworkPolicy policy) {
    new ObjectConverter(problem -> out.printf("%s: %s%n", name, problem)).networkPolicy(policy);
    boolean known = client.resource(policy).get() != null;
    if (known) {
      client.resource(policy).update();
    } else {
      client.resource(policy).create();
    }
    out.printf(
        "%s: %s/%s %s%n",
        name,
        policy.getMetadata().getNamespace(),
        policy.getMetadata().getName(),
        known ? "changed" : "created");
  }

  /** All of a file is read before any of it is applied. */
  private List<NetworkPolicy> read(String text) {
    List<HasMetadata> objects;
    try {
      objects =
          client
              .load(
                  new java.io.ByteArrayInputStream(
                      text.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
              .items();
    } catch (IllegalArgumentException | KubernetesClientException | ClassCastException e) {
      throw new BadFileException("no Kubernetes manifest: " + firstLine(e));
    }
    List<NetworkPolicy> policies = new ArrayList<>();
    for (HasMetadata object : objects) {
      policies.add(check(object));
    }
    if (policies.isEmpty()) {
      throw new BadFileException("there is no object in it");
    }
    return policies;
  }

  private NetworkPolicy check(HasMetadata object) {
    if (!(object instanceof NetworkPolicy policy)) {
      String kind = object == null ? "nothing" : object.getKind();
      throw new BadFileException("it holds " + kind + ", and only NetworkPolicies are taken here");
    }
    String namespace = policy.getMetadata() == null ? null : policy.getMetadata().getNamespace();
    if (policy.getMetadata() == null || policy.getMetadata().getName() == null) {
      throw new BadFileException("metadata.name is missing");
    }
    if (namespace == null) {
      throw new BadFileException("metadata.namespace is missing: one of shop, ops, guest");
    }
    if (client.namespaces().withName(namespace).get() == null) {
      throw new BadFileException("there is no namespace " + namespace);
    }
    return policy;
  }

  private static String firstLine(Exception e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    main.stop();
  }

  private static final class BadFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadFileException(String message) {
      super(message);
    }
  }
}
