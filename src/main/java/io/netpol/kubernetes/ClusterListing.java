package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.netpol.kubernetes.manifest.ManifestException;
import io.netpol.kubernetes.manifest.Manifests;
import io.netpol.kubernetes.parse.ObjectConverter;
import io.netpol.kubernetes.parse.Reason;
import io.netpol.kubernetes.parse.ResourceType;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.Pod;
import io.netpol.model.Problem;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Reads all Namespaces, Pods, Nodes and NetworkPolicies from an API server, once. */
public final class ClusterListing {

  private final KubernetesClient client;
  private final List<Problem> problems = new ArrayList<>();
  private final ObjectConverter converter = new ObjectConverter(problems::add);

  private ClusterListing(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Lists all namespaces, pods, nodes and policies, page by page; invalid fields are reported as
   * warnings.
   *
   * @throws ManifestException if the API server cannot be reached or refuses; the message names the
   *     kind
   */
  public static Manifests read(KubernetesClient client) throws ManifestException {
    ClusterListing listing = new ClusterListing(client);
    List<Namespace> namespaces = listing.all(ResourceType.NAMESPACES, listing.converter::namespace);
    List<Pod> pods = listing.all(ResourceType.PODS, listing.converter::pod);
    List<Node> nodes = listing.all(ResourceType.NODES, listing.converter::node);
    List<NetworkPolicy> policies =
        listing.all(ResourceType.NETWORK_POLICIES, listing.converter::networkPolicy);
    return new Manifests(namespaces, pods, nodes, policies, listing.problems);
  }

  private <T extends HasMetadata, R> List<R> all(
      ResourceType<T> kind, Function<T, Optional<R>> convert) throws ManifestException {
    try {
      return pages(kind, convert, ResourceType.PAGE);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_GONE) {
        throw failure(kind, e);
      }
    }
    try { // The continue token expired (410): read the list again, in one page.
      return pages(kind, convert, 0);
    } catch (KubernetesClientException e) {
      throw failure(kind, e);
    }
  }

  private <T extends HasMetadata, R> List<R> pages(
      ResourceType<T> kind, Function<T, Optional<R>> convert, long limit) {
    List<R> all = new ArrayList<>();
    String next = null;
    do {
      ListOptionsBuilder options = new ListOptionsBuilder().withContinue(next);
      if (limit > 0) {
        options.withLimit(limit);
      }
      KubernetesResourceList<T> page =
          client.resources(kind.type()).inAnyNamespace().list(options.build());
      page.getItems().forEach(item -> convert.apply(item).ifPresent(all::add));
      next = page.getMetadata() == null ? null : page.getMetadata().getContinue();
    } while (ResourceType.isGiven(next));
    return all;
  }

  private ManifestException failure(ResourceType<?> kind, KubernetesClientException e) {
    return new ManifestException(
        String.format(
            Locale.ROOT,
            "cannot list objects of kind %s at %s: %s",
            kind.type().getSimpleName(),
            client.getMasterUrl(),
            Reason.of(e)));
  }
}
