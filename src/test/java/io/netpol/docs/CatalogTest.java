package io.netpol.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netpol.kubernetes.WatchedObjectsComponent;
import io.netpol.testing.Golden;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.catalog.EndpointValidationResult;
import org.junit.jupiter.api.Test;

/** What Camel's tools read of the components is in the jar, complete, and on the page. */
class CatalogTest {

  private static final String LIST = "/META-INF/services/org/apache/camel/component.properties";

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void catalogChecksTheComponentThatCamelHasNot() throws Exception {
    CamelCatalog catalog = new DefaultCamelCatalog();
    String name = "kubernetes-network-policies";
    assertThat(catalog.findComponentNames()).doesNotContain(name);
    catalog.addComponent(name, WatchedObjectsComponent.class.getName(), description(name));
    EndpointValidationResult good =
        catalog.validateEndpointProperties(name + ":watch?endOfList=true");
    assertThat(good.isSuccess()).as(good.summaryErrorMessage(true)).isTrue();
    EndpointValidationResult bad =
        catalog.validateEndpointProperties(name + ":watch?endOfLists=true");
    assertThat(bad.getUnknown()).containsExactly("endOfLists");
  }

  @Test
  void everyDescriptionHasTheOptionsOfTheProject() throws Exception {
    for (String name : names()) {
      assertThat(json.readTree(description(name)).at("/properties/endOfList/type").asText())
          .as(name)
          .isEqualTo("boolean");
    }
  }

  @Test
  void settingOfVsCodeHasThemAsTheyAre() throws Exception {
    ObjectNode settings = json.createObjectNode();
    ArrayNode components = settings.putArray("camel.extra-components");
    for (String name : names()) {
      JsonNode description = json.readTree(description(name));
      assertThat(description.at("/component/scheme").asText()).isEqualTo(name);
      components.add(description);
    }
    Golden.check(
        Path.of("docs/catalog/vscode-settings.json"),
        json.writerWithDefaultPrettyPrinter().writeValueAsString(settings) + "\n");
  }

  private static List<String> names() throws Exception {
    Properties list = new Properties();
    try (InputStream in = CatalogTest.class.getResourceAsStream(LIST)) {
      list.load(in);
    }
    List<String> names = List.of(list.getProperty("components").split(" "));
    assertThat(names).hasSize(4);
    return names;
  }

  private static String description(String name) throws Exception {
    try (InputStream in =
        CatalogTest.class.getResourceAsStream("/META-INF/io/netpol/kubernetes/" + name + ".json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
