package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where no cluster can be asked, one sentence says why and what to do. */
class ApiServerAccessTest {

  private static final String CONTEXT =
      "contexts: [{name: c, context: {cluster: k, user: u}}], current-context: c";
  private static final String USER = "users: [{name: u, user: {}}]";

  @TempDir private Path folder;

  private CommandRun lint(String kubeconfig) throws Exception {
    Path file = Files.writeString(folder.resolve("kubeconfig"), kubeconfig);
    return CommandRun.of("lint", "--kubeconfig", file.toString());
  }

  private static void saysOneSentence(CommandRun run, String... parts) {
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("netpol: ").contains(parts);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).doesNotContain("fabric8", "java.", "Exception", "snakeyaml", "jackson");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | is empty",
        "'# nothing' | is empty",
        "hello | has no fields",
        "'a: [' | is not YAML",
        "{kind: Config} | has no current-context",
        "{current-context: c} | has no context \"c\", which its current-context names",
        "{CONTEXT} | has no cluster \"k\", which its context \"c\" names",
        "'{CONTEXT, clusters: [{name: k}]}' | has no server for its cluster \"k\"",
        "'{CONTEXT, clusters: [{name: k, cluster: {server: \"\"}}]}' | has no server",
        "'{CONTEXT, clusters: [{name: k, cluster: {server: \"nonsense::url\"}}]}' | has no URL for the server of its cluster \"k\", but \"nonsense::url\"",
        "'{CONTEXT, clusters: [{name: k, cluster: {server: \"http://a\"}}]}' | has no user \"u\"",
      })
  void kubeconfigThatLeadsNowhereIsNotTakenForNone(String kubeconfig, String says)
      throws Exception {
    saysOneSentence(
        lint(kubeconfig.replace("CONTEXT", CONTEXT)),
        "the kubeconfig " + folder.resolve("kubeconfig"),
        says,
        "give --kubeconfig FILE, or --manifests DIR");
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:1, 'http://127.0.0.1:1/: ', refused",
    "http://no-such-host.invalid, http://no-such-host.invalid/, no-such-host.invalid",
  })
  void serverThatCannotBeReachedIsNamed(String server, String url, String why) throws Exception {
    String kubeconfig =
        "%s\n%s\nclusters: [{name: k, cluster: {server: '%s'}}]\n"
            .formatted(CONTEXT.replace("], ", "]\n"), USER, server);
    saysOneSentence(lint(kubeconfig), "cannot list objects of kind Namespace at " + url, why);
  }

  @Test
  void noClusterAtAllIsSaidByEveryCommand() {
    String nowhere = folder.resolve("none").toString();
    String before = System.setProperty("kubeconfig", nowhere); // as KUBECONFIG
    try {
      for (List<String> command :
          List.of(
              List.of("lint"),
              List.of("matrix"),
              List.of("explain", "--from", "a/b", "--to", "c/d", "--port", "80"))) {
        saysOneSentence(
            CommandRun.of(command.toArray(String[]::new)),
            "no cluster is known: there is no kubeconfig at " + nowhere,
            "give --kubeconfig FILE, or --manifests DIR");
      }
      saysOneSentence(
          CommandRun.of("diff", "--cluster", "--after", "docs/examples/shop"),
          "no cluster is known",
          "--kubeconfig FILE, or --before DIR");
    } finally {
      if (before == null) {
        System.clearProperty("kubeconfig");
      } else {
        System.setProperty("kubeconfig", before);
      }
    }
  }

  @Test
  void certificateThatIsNotThereIsNamed() throws Exception {
    String kubeconfig =
        "%s\n%s\nclusters: [{name: k, cluster: {server: 'https://a', certificate-authority: /none.crt}}]\n"
            .formatted(CONTEXT.replace("], ", "]\n"), USER);
    saysOneSentence(lint(kubeconfig), "cannot use https://a/: /none.crt: no such file or folder");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1:99999 | not an address of an agent: \"127.0.0.1:99999\"; HOST:PORT is needed",
        "a b             | not an address of an agent: \"a b\"; HOST:PORT is needed",
        "no-such.invalid:1 | no agent answers at no-such.invalid:1: unknown host",
      })
  void agentThatCannotBeAskedIsNamed(String at, String says) {
    saysOneSentence(CommandRun.of("matrix", "--agent", at), says);
  }

  @Test
  void folderIsNoKubeconfig() {
    saysOneSentence(
        CommandRun.of("lint", "--kubeconfig", folder.toString()), folder + " is a folder");
  }
}
