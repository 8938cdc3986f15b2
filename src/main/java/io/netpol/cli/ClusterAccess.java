package io.netpol.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Utils;
import io.netpol.cli.Netpol.BadInputException;
import io.netpol.kubernetes.KubeconfigCheck;
import io.netpol.kubernetes.ManifestException;
import io.netpol.kubernetes.Reason;
import java.io.File;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Finds out how the API server is reached, as kubectl does, else by the service account of a pod.
 */
final class ClusterAccess {

  /** What names a server without a kubeconfig. */
  private static final List<String> OUTRIGHT =
      List.of(Config.KUBERNETES_MASTER_SYSTEM_PROPERTY, Config.KUBERNETES_SERVICE_HOST_PROPERTY);

  private final String otherwise;

  /**
   * For one command.
   *
   * @param otherwise what to do where no cluster is found, in words
   */
  ClusterAccess(String otherwise) {
    this.otherwise = otherwise;
  }

  /**
   * The way to the cluster.
   *
   * @param file a kubeconfig; empty where it is to be found
   * @throws BadInputException if there is none, or it cannot be used; one sentence says why
   */
  Config config(String file) {
    if (!file.isEmpty()) {
      check(List.of(file));
      return used(file, () -> Config.fromKubeconfig(new File(file)));
    }
    Collection<String> names = Config.getKubeconfigFilenames();
    List<String> there = names.stream().filter(name -> new File(name).exists()).toList();
    boolean outright =
        OUTRIGHT.stream().anyMatch(name -> !Utils.getSystemPropertyOrEnvVar(name, "").isEmpty());
    if (!there.isEmpty()) {
      check(there);
    } else if (!outright) {
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "no cluster is known: there is no kubeconfig at %s, and this is no pod with a service account; %s",
              String.join(", ", names),
              otherwise));
    }
    return used(String.join(", ", there), () -> Config.autoConfigure(null));
  }

  /** A client, as a supplier makes it of that. */
  static KubernetesClient client(Config config, Function<Config, KubernetesClient> make) {
    return used(config.getMasterUrl(), () -> make.apply(config));
  }

  /** What a certificate, a key or a command of the kubeconfig is worth shows when it is used. */
  private static <T> T used(String what, Supplier<T> use) {
    try {
      return use.get();
    } catch (RuntimeException e) {
      throw new BadInputException(
          "cannot use "
              + what
              + ": "
              + Reason.of(e).lines().findFirst().orElse("it is not said why"));
    }
  }

  private void check(List<String> files) {
    try {
      KubeconfigCheck.check(files);
    } catch (ManifestException e) {
      throw new BadInputException(e.getMessage() + "; " + otherwise);
    }
  }
}
