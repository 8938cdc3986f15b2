package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cluster.RealCluster.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A copy of what {@code kubectl apply -k} reads of the repository, to edit as pages tell to.
 *
 * @param folder where it is
 */
record Checkout(Path folder) {

  /** Makes one in an empty folder. */
  static Checkout in(Path folder) {
    assertThat(bash("cp -r deploy routes examples '" + folder + "'").ok()).isTrue();
    return new Checkout(folder);
  }

  /** Installs a folder of deploy/ in place of what is installed, and waits until it runs. */
  void install(String deploy) {
    run("kubectl apply -k " + deploy);
    run("kubectl rollout status daemonset/camel-netpol -n camel-netpol");
  }

  /** Runs a line at its top, word for word; fails where it does. */
  String run(String line) {
    Ended ended = tryRun(line);
    assertThat(ended.ok()).as("%s%n%s", line, ended).isTrue();
    return ended.stdout();
  }

  /** Runs a line at its top, word for word, however it ends. */
  Ended tryRun(String line) {
    return bash("cd '" + folder + "'\n" + line);
  }

  /** Pushes the image under a name and a tag, and writes both where deploy/ takes them from. */
  void image(String name, String tag) throws IOException {
    Ended push =
        RealCluster.run(
            "", List.of("cluster/cluster", "load", "camel-netpol", "--as", name + ":" + tag));
    assertThat(push.ok()).as("%s", push).isTrue();
    Path file = folder.resolve("deploy/image/kustomization.yaml");
    Files.writeString(
        file,
        Files.readString(file)
            .replaceFirst("newName: .*", "newName: " + name)
            .replaceFirst("newTag: .*", "newTag: \"" + tag + "\""));
  }

  /** Adds a line to the settings of all agents. */
  void setting(String line) throws IOException {
    Path file = folder.resolve("deploy/base/netpol.properties");
    Files.writeString(file, Files.readString(file) + line + "\n");
  }

  private static Ended bash(String script) {
    return RealCluster.run("", List.of("bash", "-c", script));
  }
}
