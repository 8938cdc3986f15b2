package io.netpol.cli;

import static io.netpol.cli.TestAgent.chain;
import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.cli.FlakyProxy.Mode;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent while its API server is away, cut off, slow, or says no. */
@Tag("agent")
class ApiTroubleTest {

  private static final Pattern POD_AGE =
      Pattern.compile("netpol_cache_staleness_seconds\\{[^}]*kind=\"Pod\"[^}]*\\} (\\S+)");

  @TempDir private Path folder;
  private FakeTools tools;
  private FlakyProxy proxy;
  private TestAgent agent;

  @BeforeEach
  void startServer() throws IOException {
    tools = new FakeTools(folder);
    agent = new TestAgent(folder, tools.settings());
    proxy = new FlakyProxy(URI.create(agent.api().config().getMasterUrl()).getPort());
    agent.through(proxy.port());
    agent.pod("good", "10.0.0.1");
    agent.pod("other", "10.0.0.2");
    agent.policy("web", "good", "");
  }

  @AfterEach
  void stop() throws IOException {
    agent.stop();
    proxy.close();
    agent.close();
  }

  @Test
  void serverThatIsAwayAtTheStartIsWaitedFor() throws Exception {
    proxy.become(Mode.DOWN);
    start(Map.of());
    eventually(() -> get("health/ready").body().contains("ConnectException"));
    assertThat(get("health/ready").statusCode()).isEqualTo(503);
    assertThat(get("health/live").statusCode()).isEqualTo(200);
    assertThat(get("health/live").body()).contains("loop");
    assertThat(tools.delivered()).isEmpty();

    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);
  }

  @Test
  void whileTheServerIsAwayRulesStayAndReadinessTellsTheAgeOfTheView() throws Exception {
    start(
        Map.of(
            Setting.CACHE_MAX_STALENESS,
            "3000",
            Setting.WATCH_SILENCE,
            "2500",
            Setting.LIST_TIMEOUT,
            "2500"));
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);
    String before = tools.delivered();

    proxy.become(Mode.DOWN);
    agent
        .api()
        .client()
        .network()
        .v1()
        .networkPolicies()
        .inNamespace("shop")
        .withName("web")
        .delete();
    agent.policy("late", "other", "");
    agent.api().client().pods().inNamespace("shop").withName("good").withGracePeriod(0).delete();
    agent.pod("new", "10.0.0.3");
    agent.policy("new", "new", "");
    eventually(() -> get("health/ready").statusCode() == 503);
    assertThat(get("health/ready").body())
        .contains("consumer:pods")
        .contains("s stale; the last known policies stay enforced");
    assertThat(get("health/live").statusCode()).isEqualTo(200);
    eventually(() -> podAge() > 3);
    assertThat(tools.delivered()).isEqualTo(before);

    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains("-X " + chain("good")));
    eventually(() -> tools.delivered().contains(":" + chain("other")));
    eventually(() -> tools.delivered().contains(":" + chain("new")));
    eventually(() -> get("health/ready").statusCode() == 200);
    eventually(() -> podAge() < 3);
  }

  @Test
  void watchThatIsCutWithoutAWordIsNoticedAndOpenedAnew() throws Exception {
    start(Map.of(Setting.WATCH_SILENCE, "2000"));
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);
    String before = tools.delivered();

    proxy.become(Mode.SILENT);
    agent.policy("unheard", "other", "");
    agent.pod("new", "10.0.0.3");
    eventually(() -> podAge() > 4);
    assertThat(tools.delivered()).isEqualTo(before);
    assertThat(get("health/live").statusCode()).isEqualTo(200);

    // New connections pass; those that were cut stay open and silent for ever.
    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains(":" + chain("other")));
    eventually(() -> podAge() < 4);
    assertThat(tools.delivered()).doesNotContain("-X ");
  }

  @Test
  void quietClusterKeepsItsViewYoung() throws Exception {
    start(
        Map.of(
            Setting.WATCH_SILENCE,
            "1000",
            Setting.CACHE_MAX_STALENESS,
            "10000",
            Setting.LIST_TIMEOUT,
            "9000"));
    eventually(() -> get("health/ready").statusCode() == 200);
    int connections = proxy.accepted();
    eventually(() -> proxy.accepted() >= connections + 8); // each of four twice
    eventually(() -> get("health/ready").statusCode() == 200 && podAge() < 10);
    assertThat(tools.delivered()).doesNotContain("-X ");
  }

  @Test
  void serverThatForbidsIsNamedAndAskedAgain() throws Exception {
    proxy.become(Mode.FORBIDDEN);
    start(Map.of());
    eventually(() -> get("health/ready").body().contains("403 pods is forbidden"));
    assertThat(get("health/live").statusCode()).isEqualTo(200);
    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);
    String before = tools.delivered();

    proxy.become(Mode.FORBIDDEN); // the right is taken away, and given back
    agent.policy("late", "other", "");
    eventually(() -> podAge() > 2);
    assertThat(tools.delivered()).isEqualTo(before);
    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains(":" + chain("other")));
  }

  @Test
  void slowListsAreWaitedForAndStalledOnesAskedForAgain() throws Exception {
    proxy.delayAnswers(3000);
    start(Map.of());
    eventually(() -> tools.delivered().contains(chain("good")));
    agent.stop();

    proxy.become(Mode.SILENT); // accepts, never answers
    start(Map.of(Setting.LIST_TIMEOUT, "500"));
    eventually(() -> get("health/ready").body().contains("TimeoutException"));
    assertThat(get("health/live").statusCode()).isEqualTo(200);
    proxy.delayAnswers(0);
    proxy.become(Mode.GOOD);
    eventually(() -> get("health/ready").statusCode() == 200);
  }

  @Test
  void objectWithValuesOfWrongTypesHarmsOnlyItself() throws Exception {
    raw("bad-from-the-start", "{podSelector: [1]}");
    start(Map.of());
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);

    raw("bad-later", "{ingress: true}");
    raw("web", "{podSelector: {matchLabels: {app: [good]}}}"); // was good: what it closed stays so
    agent.policy("late", "other", "");
    eventually(() -> tools.delivered().contains(":" + chain("other")));
    assertThat(tools.delivered()).doesNotContain("-X ");
    assertThat(get("health/ready").statusCode()).isEqualTo(200);
  }

  private void raw(String name, String spec) {
    GenericKubernetesResource policy =
        Serialization.unmarshal(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: %s, namespace: shop}
            spec: %s
            """
                .formatted(name, spec),
            GenericKubernetesResource.class);
    agent
        .api()
        .client()
        .genericKubernetesResources("networking.k8s.io/v1", "NetworkPolicy")
        .inNamespace("shop")
        .resource(policy)
        .createOr(existing -> existing.update());
  }

  private double podAge() throws Exception {
    Matcher age = POD_AGE.matcher(get("metrics").body());
    return age.find() ? Double.parseDouble(age.group(1)) : -1;
  }

  private HttpResponse<String> get(String path) throws Exception {
    return agent.get("/observe/" + path + "?data=true");
  }

  private void start(Map<Setting, String> more) throws Exception {
    more.forEach(agent::set);
    agent.start();
  }
}
