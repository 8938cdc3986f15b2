package io.netpol.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.NeedsCommand;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The alert rules are what Prometheus takes, and go off when they should and not before. */
@NeedsCommand("promtool")
class AlertRulesTest {

  @ParameterizedTest
  @CsvSource({"check, camel-netpol.rules.yaml", "test, camel-netpol.test.yaml"})
  void promtoolIsContentWith(String verb, String file) throws Exception {
    String promtool = NeedsCommand.Condition.of(AlertRulesTest.class);
    Process process =
        new ProcessBuilder(promtool, verb, "rules", "deploy/prometheus/" + file)
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
