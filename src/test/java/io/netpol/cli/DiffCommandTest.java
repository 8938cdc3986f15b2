package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiffCommandTest {

  private static final String SHOP = "docs/examples/shop";
  private static final String CHANGE = "docs/examples/shop-change";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--after docs/examples/shop | either --before DIR or --cluster is needed, and not both",
        "--before x --cluster --after y | either --before DIR or --cluster is needed",
        "--before docs/examples/shop | Missing required option: '--after=DIR'",
        "--before docs/examples/nothing --after docs/examples/shop | docs/examples/nothing",
        "--before docs/examples/shop --after docs/examples/shop --port 0 | not a port: \"0\"",
        "--before docs/examples/shop --after docs/examples/shop --output x | [text, json, markdown]"
      })
  void wrongInputIsNamed(String options, String message) {
    CommandRun run = CommandRun.of(("diff " + options).split(" "));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains(message);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void statusSaysWhetherSomethingOpens() {
    assertThat(CommandRun.of("diff", "--before", SHOP, "--after", CHANGE).status()).isEqualTo(1);
    CommandRun same = CommandRun.of("diff", "--before", SHOP, "--after", SHOP);
    assertThat(same.status()).isZero();
    assertThat(same.out())
        .isEqualTo("no connection between those who are there before and after changes\n");
    // What web gains is on 5432; on 443 nothing opens, and nothing closes.
    CommandRun other = CommandRun.of("diff", "--before", SHOP, "--after", CHANGE, "--port", "443");
    assertThat(other.status()).isZero();
    assertThat(other.out()).contains("no connection", "node n2");
  }

  @Test
  void jsonLeavesNoNameOut() {
    CommandRun run = CommandRun.of("diff", "--before", SHOP, "--after", CHANGE, "--output", "json");
    assertThat(run.out())
        .contains("\"opens\" : true")
        .contains("\"from\" : [ \"node n1\", \"node n2\" ]")
        .contains("\"iptables\" : [ \"- -A NWPLCY-IN-");
  }

  @Test
  void clusterThatCannotBeReachedIsNoAnswer(@TempDir Path folder) {
    CommandRun run =
        CommandRun.of("diff", "--kubeconfig", folder.resolve("none").toString(), "--after", CHANGE);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("no such file");
  }
}
