package io.netpol.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.netpol.cli.CommandRun;
import io.netpol.dataplane.render.Names;
import io.netpol.route.settings.Setting;
import io.netpol.testing.NeedsCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of docs/install.md name what there is. There is no cluster here: each command is
 * held against what kustomize makes of deploy/, and one that this test does not know fails it.
 */
@NeedsCommand({"kustomize", "kubectl"})
class InstallPageTest {

  private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
  private static final Pattern HERE =
      Pattern.compile("(kubectl apply -n (\\S+) -f -) <<'END'\n(.*?)END\n", Pattern.DOTALL);
  private static final Pattern FOLDER =
      Pattern.compile("kubectl (?:apply|delete) -k (\\S+)(?: --ignore-not-found)?");
  private static final Pattern DAEMON_SET =
      Pattern.compile(
          "kubectl (?:rollout (?:status|undo)|delete) daemonset[ /](?<name>\\S+?)"
              + " -n (?<namespace>\\S+)(?: --cascade=foreground)?");

  @TempDir private Path scratch;

  private static List<String> commands() throws Exception {
    Matcher blocks = BLOCK.matcher(Files.readString(Path.of("docs/install.md")));
    List<String> commands = new ArrayList<>();
    while (blocks.find()) {
      HERE.matcher(blocks.group(1)).replaceAll("").lines().forEach(commands::add);
    }
    return commands;
  }

  @Test
  void eachCommandNamesWhatThereIs() throws Exception {
    Map<String, String> daemonSets = new TreeMap<>();
    for (String folder : List.of("deploy", "deploy/cleanup")) {
      DaemonSet made = Kustomize.build(folder, scratch).only(DaemonSet.class);
      daemonSets.put(made.getMetadata().getName(), made.getMetadata().getNamespace());
    }
    List<String> commands = commands();
    assertThat(commands).hasSizeGreaterThan(10);
    for (String command : commands) {
      Matcher folder = FOLDER.matcher(command);
      Matcher daemonSet = DAEMON_SET.matcher(command);
      if (folder.matches()) {
        assertThat(Kustomize.build(folder.group(1), scratch).kinds()).contains("DaemonSet");
      } else if (daemonSet.matches()) {
        assertThat(daemonSets).containsEntry(daemonSet.group("name"), daemonSet.group("namespace"));
      } else {
        assertThat(command).isIn(others());
      }
    }
  }

  /** What needs no more than a look, made of the names that the code has. */
  private static List<String> others() {
    return List.of(
        "./dev image --tag registry.example.org/camel-netpol:1",
        "docker push registry.example.org/camel-netpol:1",
        "kubectl get pods -n camel-netpol -o wide",
        "kubectl logs -n camel-netpol -l app.kubernetes.io/name=camel-netpol --prefix --tail=-1"
            + " | grep back-end",
        "iptables -S " + Names.FORWARD,
        "curl -s http://%s:%s/observe/health/ready?data=true"
            .formatted(Setting.HTTP_HOST.defaultValue(), Setting.HTTP_PORT.defaultValue()),
        "kubectl create namespace try",
        "kubectl create deployment web -n try --image nginx",
        "kubectl expose deployment web -n try --port 80",
        "kubectl rollout status deployment/web -n try",
        "kubectl run client -n try --rm --attach --restart Never --image busybox -- wget -T 3"
            + " -O- web",
        "kubectl delete namespace try");
  }

  @Test
  void thePolicyToTryDeniesAndWithoutItTheConnectionPasses() throws Exception {
    Matcher here = HERE.matcher(Files.readString(Path.of("docs/install.md")));
    assertThat(here.results()).as("manifests in the page").hasSize(1);
    here.reset();
    assertThat(here.find()).isTrue();
    Path policy = Files.writeString(scratch.resolve("policy.yaml"), here.group(3));
    assertThat(Manifests.read(policy).only(NetworkPolicy.class).getMetadata().getName())
        .isEqualTo("deny-all");
    Path manifests = Files.createDirectories(scratch.resolve("try"));
    Files.writeString(manifests.resolve("pods.yaml"), pod("web", 1) + pod("client", 2));
    assertThat(wget(manifests).status()).isZero();
    Files.writeString(
        manifests.resolve("policy.yaml"),
        here.group(3).replace("metadata: {", "metadata: {namespace: " + here.group(2) + ", "));
    CommandRun denied = wget(manifests);
    assertThat(denied.status()).as(denied.out() + denied.err()).isEqualTo(1);
    assertThat(denied.out()).contains("try/deny-all");
  }

  private static CommandRun wget(Path manifests) {
    return CommandRun.of(
        "explain",
        "--manifests",
        manifests.toString(),
        "--from",
        "try/client",
        "--to",
        "try/web",
        "--port",
        "80");
  }

  private static String pod(String name, int last) {
    return """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: %1$s, namespace: try, labels: {app: %1$s}}
        spec: {nodeName: n1}
        status: {phase: Running, podIPs: [{ip: 10.0.0.%2$d}]}
        """
        .formatted(name, last);
  }
}
