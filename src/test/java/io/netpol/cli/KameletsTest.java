package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.route.settings.Setting;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent with the example of the Kamelets, with the real iptables-restore in a namespace. */
@Tag("agent")
class KameletsTest {

  private static final Path EXAMPLE = Path.of("examples/kamelets");

  @TempDir private Path folder;
  private TestAgent agent;

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void policyOfTheNamespaceIsSentAsJson() throws Exception {
    prepare().ofRoute("route.kamelets.namespace", "shop").start();
    agent.api().createNamespace("other");
    eventually("ready", agent::isReady);
    agent
        .api()
        .client()
        .resource(
            Serialization.unmarshal(
                """
                metadata: {name: not-sent, namespace: other}
                spec: {podSelector: {}}
                """,
                NetworkPolicy.class))
        .create();
    agent.policy("for-web", "web", "");
    Path policies = folder.resolve("work/policies.jsonl");
    eventually(
        "a policy", () -> Files.exists(policies) && Files.readString(policies).endsWith("\n"));
    agent.api().client().network().v1().networkPolicies().inNamespace("shop").delete();
    eventually("its end", () -> Files.readAllLines(policies).size() == 2);
    JsonNode policy = new ObjectMapper().readTree(Files.readAllLines(policies).get(0));
    assertThat(policy.at("/metadata/name").asText()).isEqualTo("for-web");
    assertThat(policy.at("/spec/podSelector/matchLabels/app").asText()).isEqualTo("web");
    assertThat(policy.at("/spec/ingress/0/ports/0/port").asInt()).isEqualTo(80);
    assertThat(Files.readString(policies)).doesNotContain("not-sent");
  }

  @NeedsKernel
  @ParameterizedTest
  @ValueSource(strings = {"nft", "legacy"})
  void payloadGoesIntoTheKernel(String backend) throws Exception {
    try (LabNetwork lab = LabNetwork.start(LabPlan.of(LabPlan.Wiring.ROUTED).node("n1"))) {
      Path command = folder.resolve("iptables-restore-there");
      TestAgent.script(
          command,
          "#!/bin/sh\nexec %s iptables-%s-restore \"$@\"\n".formatted(lab.inside("n1"), backend));
      prepare().ofRoute("route.kamelets.command", command.toString()).start();
      Path payloads = Files.createDirectories(folder.resolve("work/payloads"));
      put(payloads, "first", "*filter\n:OTHER - [0:0]\n-A OTHER -j DROP\nCOMMIT\n");
      eventually("the first", () -> rules(lab, backend).contains("-A OTHER -j DROP"));
      put(payloads, "second", "*filter\n:MINE - [0:0]\n-A MINE -s 10.0.0.1/32 -j ACCEPT\nCOMMIT\n");
      eventually(
          "the second", () -> rules(lab, backend).contains("-A MINE -s 10.0.0.1/32 -j ACCEPT"));
      assertThat(rules(lab, backend)).as("others stay").contains("-A OTHER -j DROP");
      put(payloads, "bad", "*filter\n-A MINE -j NOWHERE\nCOMMIT\n");
      eventually("refused", () -> Files.exists(payloads.resolve(".failed/bad")));
    }
  }

  private static String rules(LabNetwork lab, String backend) throws IOException {
    return lab.exec("n1", "", List.of("iptables-" + backend + "-save")).toString();
  }

  /** Whole at once, as a folder that is read all the time asks for. */
  private void put(Path payloads, String name, String text) throws IOException {
    Files.move(Files.writeString(folder.resolve(name), text), payloads.resolve(name));
  }

  private TestAgent prepare() throws IOException {
    Path routes = Files.createDirectory(folder.resolve("routes"));
    for (Path from : List.of(Path.of("routes"), EXAMPLE)) {
      try (Stream<Path> files = Files.list(from)) {
        for (Path file : files.filter(each -> each.toString().endsWith(".camel.yaml")).toList()) {
          Files.copy(file, routes.resolve(file.getFileName()));
        }
      }
    }
    agent = new TestAgent(folder, new FakeTools(folder).settings());
    agent.pod("web", "10.0.0.1");
    return agent
        .set(Setting.ROUTES, routes.toString())
        .ofRoute("camel.component.kamelet.location", "file:" + EXAMPLE.toAbsolutePath())
        .ofRoute("route.kamelets.folder", folder.resolve("work").toString());
  }
}
