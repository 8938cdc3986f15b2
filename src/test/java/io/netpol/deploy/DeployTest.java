package io.netpol.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeployTest {

  private static final Path BASE = Path.of("deploy/base");

  private final Manifests manifests =
      Manifests.read(
          BASE.resolve("namespace.yaml"),
          BASE.resolve("rbac.yaml"),
          BASE.resolve("daemonset.yaml"));
  private final PodSpec pod = manifests.only(DaemonSet.class).getSpec().getTemplate().getSpec();
  private final Container agent = pod.getContainers().get(0);

  DeployTest() throws IOException {}

  @Test
  void thereIsNothingElse() {
    assertThat(manifests.kinds())
        .containsExactlyInAnyOrder(
            "Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "DaemonSet");
  }

  @Test
  void agentReadsFourKindsAndWritesOnlyEvents() throws IOException {
    List<String> grants =
        manifests.only(ClusterRole.class).getRules().stream()
            .flatMap(
                rule -> {
                  assertThat(rule.getNonResourceURLs()).isEmpty();
                  assertThat(rule.getResourceNames()).isEmpty();
                  return rule.getApiGroups().stream()
                      .flatMap(
                          group ->
                              rule.getResources().stream()
                                  .map(resource -> resource + "." + group + " " + rule.getVerbs()));
                })
            .toList();
    assertThat(grants)
        .containsExactlyInAnyOrder(
            "pods. [get, list, watch]",
            "namespaces. [list, watch]",
            "nodes. [list, watch]",
            "networkpolicies.networking.k8s.io [get, list, watch]",
            "events. [create, get, patch]");
  }

  @Test
  void roleIsBoundToTheAccountOfThePods() throws IOException {
    String account = manifests.only(ServiceAccount.class).getMetadata().getName();
    ClusterRoleBinding binding = manifests.only(ClusterRoleBinding.class);
    assertThat(binding.getRoleRef().getName())
        .isEqualTo(manifests.only(ClusterRole.class).getMetadata().getName());
    assertThat(binding.getSubjects())
        .singleElement()
        .satisfies(
            subject -> {
              assertThat(subject.getName()).isEqualTo(account);
              assertThat(subject.getNamespace())
                  .isEqualTo(manifests.only(Namespace.class).getMetadata().getName());
            });
    assertThat(pod.getServiceAccountName()).isEqualTo(account);
  }

  @Test
  void agentHasTwoCapabilitiesAndNoMore() {
    var security = agent.getSecurityContext();
    assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(security.getCapabilities().getAdd())
        .containsExactlyInAnyOrder("NET_ADMIN", "NET_RAW");
    assertThat(security.getPrivileged()).isNull();
    assertThat(security.getAllowPrivilegeEscalation()).isFalse();
    assertThat(security.getReadOnlyRootFilesystem()).isTrue();
    assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    assertThat(pod.getHostPID()).isNull();
    assertThat(pod.getHostIPC()).isNull();
  }

  @Test
  void agentRunsOnTheHostNetworkOfEveryNode() throws IOException {
    assertThat(pod.getHostNetwork()).isTrue();
    assertThat(pod.getPriorityClassName()).isEqualTo("system-node-critical");
    assertThat(pod.getTolerations())
        .singleElement()
        .isEqualTo(new Toleration(null, null, "Exists", null, null));
    assertThat(pod.getNodeSelector()).isEmpty();
    assertThat(agent.getEnv())
        .singleElement()
        .satisfies(
            env -> {
              assertThat(env.getName()).isEqualTo("NETPOL_NODE");
              assertThat(env.getValueFrom().getFieldRef().getFieldPath())
                  .isEqualTo("spec.nodeName");
            });
  }

  @Test
  void podsOfTheDaemonSetAreTheOnesItSelects() throws IOException {
    var spec = manifests.only(DaemonSet.class).getSpec();
    assertThat(spec.getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(spec.getSelector().getMatchLabels());
  }

  @Test
  void probesAskTheLoopbackAddress() {
    assertThat(
            List.of(agent.getStartupProbe(), agent.getLivenessProbe(), agent.getReadinessProbe()))
        .extracting(Probe::getHttpGet)
        .allSatisfy(
            get -> {
              assertThat(get.getHost()).isEqualTo("127.0.0.1");
              assertThat(get.getPort().getIntVal()).isEqualTo(9876);
            })
        .extracting(get -> get.getPath())
        .containsExactly("/observe/health/live", "/observe/health/live", "/observe/health/ready");
    assertThat(agent.getPorts()).isEmpty();
  }

  @Test
  void everyMountHasItsVolumeAndEveryVolumeItsMount() {
    assertThat(agent.getVolumeMounts())
        .extracting(VolumeMount::getName)
        .containsExactlyInAnyOrderElementsOf(
            pod.getVolumes().stream().map(Volume::getName).toList());
    assertThat(pod.getVolumes())
        .filteredOn(volume -> volume.getHostPath() != null)
        .extracting(volume -> volume.getHostPath().getPath())
        .containsExactlyInAnyOrder("/var/lib/camel-netpol", "/run/xtables.lock", "/lib/modules");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deploy",
        "deploy/base",
        "deploy/own-routes",
        "deploy/fail-closed",
        "deploy/reject-and-log",
        "routes",
        "examples/audit-file"
      })
  void kustomizationsNameFilesThatExist(Path folder) throws IOException {
    JsonNode kustomization =
        new YAMLMapper().readTree(folder.resolve("kustomization.yaml").toFile());
    List<String> names =
        Stream.of("/resources", "/components", "/patches", "/configMapGenerator/0/files")
            .flatMap(field -> kustomization.at(field).valueStream())
            .map(entry -> entry.isObject() ? entry.path("path").asText() : entry.asText())
            .toList();
    assertThat(names).isNotEmpty().allSatisfy(name -> assertThat(folder.resolve(name)).exists());
  }

  @Test
  void misspeltFieldIsRefused(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("daemonset.yaml");
    Files.writeString(
        file,
        Files.readString(BASE.resolve("daemonset.yaml")).replace("hostNetwork:", "hostNetworks:"));
    assertThatThrownBy(() -> Manifests.read(file).only(DaemonSet.class))
        .hasMessageContaining("hostNetworks");
  }
}
