package io.netpol.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTableTest {

  private final ComparisonTable table = new ComparisonTable(Map.of("processors", 2));

  ComparisonTableTest() {
    ComparisonTable.Column first = table.column("one", "one run", "1.0");
    first.add(Figure.JOIN_P50, 12.345);
    first.add(Figure.WRONG, 0);
    table.column("two", "two --kubeconfig=k", "").fail("it does not start");
  }

  @Test
  void aColumnForEachControllerWithItsCommand() {
    assertThat(table.markdown())
        .startsWith("| what | one | two |\n| --- | ---: | ---: |\n")
        .contains("| pod elsewhere joins: write to packet, p50, ms | 12.3 | – |\n")
        .contains("| connections judged wrong at the end, connections | 0.00 | – |\n")
        .endsWith("\n\n- one (1.0): `one run`\n- two: `two --kubeconfig=k`; it does not start\n");
  }

  @Test
  void noTwoRowsAreCalledTheSame() {
    assertThat(Figure.values()).extracting(Figure::what).doesNotHaveDuplicates();
  }

  @Test
  void theSameAsJson(@TempDir Path folder) throws Exception {
    table.write(folder);

    JsonNode all = new ObjectMapper().readTree(Files.readString(folder.resolve("results.json")));
    assertThat(all.at("/machine/processors").asInt()).isEqualTo(2);
    assertThat(all.at("/controllers/0/figures/join-p50").asDouble()).isEqualTo(12.345);
    assertThat(all.at("/controllers/1/failure").asText()).isEqualTo("it does not start");
    assertThat(folder.resolve("table.md")).content().isEqualTo(table.markdown());
  }
}
