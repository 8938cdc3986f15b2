package io.netpol.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.NeedsCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code kubectl kustomize} makes of deploy/, read as the API server would. */
@NeedsCommand({"kustomize", "kubectl"})
class OverlaysTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deploy",
        "deploy/own-routes",
        "deploy/fail-closed",
        "deploy/reject-and-log",
        "deploy/audit"
      })
  void everyKindIsThereAndTheConfigMapsAreMounted(String overlay) throws Exception {
    Manifests made = kustomize(overlay);
    assertThat(made.kinds())
        .containsExactlyInAnyOrder(
            "Namespace",
            "ServiceAccount",
            "ClusterRole",
            "ClusterRoleBinding",
            "ConfigMap",
            "ConfigMap",
            "DaemonSet");
    DaemonSet daemonSet = made.only(DaemonSet.class);
    assertThat(daemonSet.getMetadata().getNamespace()).isEqualTo("camel-netpol");
    List<String> mounted =
        daemonSet.getSpec().getTemplate().getSpec().getVolumes().stream()
            .filter(volume -> volume.getConfigMap() != null)
            .map(Volume::getConfigMap)
            .map(source -> source.getName())
            .toList();
    List<ConfigMap> maps = made.all(ConfigMap.class);
    assertThat(maps)
        .allMatch(map -> map.getMetadata().getNamespace().equals("camel-netpol"))
        .extracting(map -> map.getMetadata().getName())
        .containsExactlyInAnyOrderElementsOf(mounted)
        // Their names end in a hash of what they hold: a change rolls the agents out anew.
        .allMatch(name -> name.matches("camel-netpol(-routes)?-[a-z0-9]{10}"));
    assertThat(routes(made)).containsAllEntriesOf(files(Path.of("routes")));
  }

  @ParameterizedTest
  @CsvSource({
    "deploy/fail-closed, UNPROGRAMMED, drop",
    "deploy/reject-and-log, DENIED, reject",
    "deploy/reject-and-log, LOG, log",
    "deploy/audit, AUDIT, on",
    "deploy/audit, LOG, log",
    "deploy/audit, COUNTERS, on",
    "deploy, UNPROGRAMMED, allow",
  })
  void overlaySetsWhatItsNameSays(String overlay, Setting setting, String value) throws Exception {
    Path conf = Files.createDirectories(folder.resolve("home/conf"));
    Manifests made = kustomize(overlay);
    for (ConfigMap map : made.all(ConfigMap.class)) {
      if (map.getData().containsKey("netpol.properties")) {
        Files.writeString(
            conf.resolve("netpol.properties"), map.getData().get("netpol.properties"));
      }
    }
    Map<String, String> environment = new TreeMap<>();
    made
        .only(DaemonSet.class)
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .get(0)
        .getEnv()
        .stream()
        .filter(variable -> variable.getValue() != null)
        .forEach(variable -> environment.put(variable.getName(), variable.getValue()));
    Settings settings = Settings.load(folder.resolve("home"), environment, Map.of());
    assertThat(settings.get(setting)).isEqualTo(value);
  }

  @Test
  void routesOfOnesOwnComeToTheOthers() throws Exception {
    assertThat(routes(kustomize("deploy/own-routes")))
        .containsAllEntriesOf(files(Path.of("examples/audit-file")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"approval", "dry-run", "deliver-by-http", "audit-kafka", "alert-webhook"})
  void everyExampleCanTakeItsPlace(String example) throws Exception {
    // Bases and components are named from where the overlay is.
    Path overlay = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "overlay");
    Path file = overlay.resolve("kustomization.yaml");
    try {
      Files.writeString(
          file, "resources: [../../deploy]\ncomponents: [../../examples/%s]\n".formatted(example));
      Map<String, String> expected = files(Path.of("routes"));
      expected.putAll(files(Path.of("examples", example)));
      assertThat(routes(kustomize(overlay.toString()))).isEqualTo(expected);
    } finally {
      Files.deleteIfExists(file);
      Files.delete(overlay);
    }
  }

  @Test
  void cleanupHasTheRightsOfTheAgentAndNoAccount() throws Exception {
    Manifests made = kustomize("deploy/cleanup");
    assertThat(made.kinds()).containsExactly("DaemonSet");
    var pod = made.only(DaemonSet.class).getSpec().getTemplate().getSpec();
    var agent = kustomize("deploy").only(DaemonSet.class).getSpec().getTemplate().getSpec();
    var cleanup = pod.getInitContainers().get(0);
    assertThat(cleanup.getArgs()).containsExactly("cleanup");
    assertThat(cleanup.getImage()).isEqualTo(agent.getContainers().get(0).getImage());
    assertThat(cleanup.getSecurityContext())
        .isEqualTo(agent.getContainers().get(0).getSecurityContext());
    assertThat(pod.getTolerations()).isEqualTo(agent.getTolerations());
    assertThat(pod.getHostNetwork()).isTrue();
    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getVolumes())
        .filteredOn(volume -> volume.getHostPath() != null)
        .extracting(volume -> volume.getHostPath().getPath())
        .containsExactlyInAnyOrder("/run/xtables.lock", "/lib/modules");
  }

  private static Map<String, String> routes(Manifests made) throws IOException {
    return made.all(ConfigMap.class).stream()
        .filter(map -> map.getMetadata().getName().startsWith("camel-netpol-routes-"))
        .findFirst()
        .orElseThrow()
        .getData();
  }

  private static Map<String, String> files(Path folder) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".camel.yaml")).toList()) {
        texts.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return texts;
  }

  private Manifests kustomize(String overlay) throws Exception {
    return Kustomize.build(overlay, folder);
  }
}
