package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.observe.console.AgentControl;
import io.netpol.observe.console.DeadLetterMBean;
import io.netpol.route.settings.Setting;
import io.netpol.testing.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedOperation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page on operating shows of a running agent is what it answers. */
@Tag("agent")
class OperatePageTest {

  private static final Path PAGE = Path.of("docs/operate.md");

  private static final Pattern BLOCK =
      Pattern.compile(
          "```console\n\\$ curl -s '127\\.0\\.0\\.1:9876([^']*)'\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path folder;

  @Test
  void pageShowsWhatIsAnswered() throws Exception {
    try (TestAgent agent = new TestAgent(folder, new FakeTools(folder).settings());
        AgentLog log = AgentLog.capture()) {
      agent.pod("web", "10.0.0.1");
      agent.pod("api", "10.0.0.2");
      agent.set(Setting.FAMILIES, "ipv4").start();
      TestAgent.eventually("ready", agent::isReady);
      int start = log.lines().size();
      agent.policy("for-web", "web", "from: [{podSelector: {matchLabels: {app: api}}}],");
      TestAgent.eventually("the first", () -> log.applies() == 1);
      agent.policy(
          """
          metadata: {name: odd, namespace: shop}
          spec:
            podSelector: {matchLabels: {app: web}}
            policyTypes: [Egress]
            egress: [{to: [{ipBlock: {cidr: 10.0.0.300/24}}]}]
          """);
      TestAgent.eventually("the second", () -> log.applies() == 2);
      TestAgent.eventually(
          "nothing waits", () -> agent.get("/netpol/console").body().contains("queue         0 "));

      int end = log.lines().size();

      Matcher block = BLOCK.matcher(Files.readString(PAGE));
      StringBuilder text = new StringBuilder();
      int blocks = 0;
      while (block.find()) {
        String shown =
            "```console\n$ curl -s '127.0.0.1:9876"
                + block.group(1)
                + "'\n"
                + steady(agent.get(block.group(1)).body())
                + "```";
        block.appendReplacement(text, Matcher.quoteReplacement(shown));
        blocks++;
      }
      block.appendTail(text);
      assertThat(blocks).isEqualTo(2);
      String page =
          text.toString()
              .replaceFirst(
                  "(?s)<!-- log -->.*<!-- /log -->",
                  Matcher.quoteReplacement(
                      "<!-- log -->\n\n    "
                          + steady(String.join("\n    ", log.lines().subList(start, end)))
                          + "\n\n<!-- /log -->"));
      Golden.check(PAGE, page);
    }
  }

  /** With what differs from run to run made the same. */
  private String steady(String text) {
    return text.replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "2026-01-31T12:00:00Z")
        .replaceAll("\\d+ ms", "7 ms")
        .replaceAll("\\d+ s ago", "1 s ago")
        .replace(" syncs, batch pending,", " syncs,") // where a check is about to begin
        .replace(folder + "/iptables-restore", "iptables-nft-restore");
  }

  @Test
  void pageNamesWhatTheMBeansHave() throws Exception {
    String page = Files.readString(PAGE);
    for (Class<?> bean : List.of(AgentControl.class, DeadLetterMBean.class)) {
      List<String> names =
          Arrays.stream(bean.getDeclaredMethods())
              .filter(
                  method ->
                      method.isAnnotationPresent(ManagedAttribute.class)
                          || method.isAnnotationPresent(ManagedOperation.class))
              .map(method -> method.getName().replaceFirst("^get", ""))
              .toList();
      assertThat(names).hasSizeGreaterThan(5);
      String row =
          page.lines().filter(l -> l.contains("name=" + bean.getSimpleName())).findAny().get();
      assertThat(names).allSatisfy(name -> assertThat(row).contains("`" + name + "`"));
    }
  }
}
