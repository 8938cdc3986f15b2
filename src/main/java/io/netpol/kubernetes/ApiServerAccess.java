package io.netpol.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.utils.Utils;
import java.io.File;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Finds the API server as kubectl does, else by the service account of a pod.
 *
 * @param kubeconfig a file; empty where the environment names it
 * @param otherwise what to do where no cluster is found, in words
 */
public record ApiServerAccess(String kubeconfig, String otherwise) {

  /** What names a server without a kubeconfig. */
  private static final List<String> OUTRIGHT =
      List.of(Config.KUBERNETES_MASTER_SYSTEM_PROPERTY, Config.KUBERNETES_SERVICE_HOST_PROPERTY);

  /**
   * Reads how to connect.
   *
   * @throws ManifestException if there is no kubeconfig, or it cannot be used; one sentence says
   *     why
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
