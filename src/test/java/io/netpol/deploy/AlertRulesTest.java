package io.netpol.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.netpol.testing.NeedsCommand;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
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

  @Test
  void eachAlertGoesOffInOneTestAndStaysSilentInAnother() throws Exception {
    Path folder = Path.of("deploy/prometheus");
    Set<String> alerts = new TreeSet<>();
    new YAMLMapper()
        .readTree(folder.resolve("camel-netpol.rules.yaml").toFile())
        .findValues("alert")
        .forEach(alert -> alerts.add(alert.asText()));
    Set<String> silent = new TreeSet<>();
    Set<String> goingOff = new TreeSet<>();
    JsonNode tests =
        new YAMLMapper().readTree(folder.resolve("camel-netpol.test.yaml").toFile()).path("tests");
    tests.findValues("alertname").forEach(alert -> silent.add(alert.asText()));
    Pattern name = Pattern.compile("alertname=\"(\\w+)\"");
    tests
        .findValues("labels")
        .forEach(
            labels ->
                name.matcher(labels.asText()).results().forEach(r -> goingOff.add(r.group(1))));
    assertThat(silent).isEqualTo(alerts);
    assertThat(goingOff).isEqualTo(alerts);
  }
}
