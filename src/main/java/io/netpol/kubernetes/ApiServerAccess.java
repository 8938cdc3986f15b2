package io.netpol.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.utils.Utils;
import io.netpol.kubernetes.manifest.ManifestException;
import java.io.File;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Finds the API server as kubectl does, else with the service account of the pod.
 *
 * @param kubeconfig a file; empty to use the environment
 * @param otherwise advice for the message if no cluster is found
 */
public record ApiServerAccess(String kubeconfig, String otherwise) {

  /** The variables that name a server without a kubeconfig. */
  private static final List<String> OUTRIGHT =
      List.of(Config.KUBERNETES_MASTER_SYSTEM_PROPERTY, Config.KUBERNETES_SERVICE_HOST_PROPERTY);

  /**
   * Returns the configuration of the client.
   *
   * @throws ManifestException if there is no kubeconfig, or it cannot be used; the message is one
   *     sentence
   */
  Config config() throws ManifestException {
    if (!kubeconfig.isEmpty()) {
      check(List.of(kubeconfig));
      return ApiServer.used(kubeconfig, () -> Config.fromKubeconfig(new File(kubeconfig)));
    }
    Collection<String> names = Config.getKubeconfigFilenames();
    List<String> there = names.stream().filter(name -> new File(name).exists()).toList();
    boolean outright =
        OUTRIGHT.stream().anyMatch(name -> !Utils.getSystemPropertyOrEnvVar(name, "").isEmpty());
    if (!there.isEmpty()) {
      check(there);
    } else if (!outright) {
      throw new ManifestException(
          String.format(
              Locale.ROOT,
              "no cluster is known: there is no kubeconfig at %s, and this is no pod with a service account; %s",
              String.join(", ", names),
              otherwise));
    }
    return ApiServer.used(String.join(", ", there), () -> Config.autoConfigure(null));
  }

  private void check(List<String> files) throws ManifestException {
    try {
      KubeconfigCheck.check(files);
    } catch (ManifestException e) {
      throw new ManifestException(e.getMessage() + "; " + otherwise);
    }
  }
}
