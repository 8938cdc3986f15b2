package io.netpol.observe.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.util.Iterator;
import org.apache.camel.CamelContext;
import org.apache.camel.NamedNode;
import org.apache.camel.model.CatchDefinition;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.OptionalIdentifiedDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.TryDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.model.language.LanguageExpression;
import org.apache.camel.model.language.MethodCallExpression;
import org.apache.camel.yaml.LwModelToYAMLDumper;
import org.apache.camel.yaml.out.ModelWriter;

/**
 * Writes routes as YAML for JMX and the consoles. Camel's own writer fails in 4.18 for each
 * expression that calls a bean (its JSON has a null for the language's name; 4.19 mended that), and
 * leaves out what {@code doTry} catches.
 */
public final class RouteYaml extends LwModelToYAMLDumper {

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
          .build();

  @Override
  public String dumpModelAsYaml(
      CamelContext context,
      NamedNode definition,
      boolean resolvePlaceholders,
      boolean uriAsParameters,
      boolean generatedIds,
      boolean sourceLocation)
      throws Exception {
    StringWriter text = new StringWriter();
    try (RouteWriter routes = new RouteWriter(text)) {
      routes.resolves = resolvePlaceholders;
      routes.allIds = generatedIds;
      routes.locations = sourceLocation;
      routes.setUriAsParameters(uriAsParameters);
      routes.setCamelContext(context);
      routes.start();
      routes.writeOptionalIdentifiedDefinitionRef((OptionalIdentifiedDefinition<?>) definition);
    }
    JsonNode tree = YAML.readTree(text.toString());
    tree.findValues("doTry").forEach(RouteYaml::takeCatchesOutOfSteps);
    // The generator indents the list, which no file of routes does.
    return YAML.writeValueAsString(tree).indent(-2);
  }

  /** Moves {@code doCatch} and {@code doFinally}, which the writer has among the steps. */
  private static void takeCatchesOutOfSteps(JsonNode doTry) {
    Iterator<JsonNode> steps = doTry.path("steps").elements();
    while (steps.hasNext()) {
      JsonNode step = steps.next();
      if (step.has("doCatch")) {
        steps.remove();
        ((ObjectNode) doTry).withArray("doCatch").add(step.get("doCatch"));
      } else if (step.has("doFinally")) {
        steps.remove();
        ((ObjectNode) doTry).set("doFinally", step.get("doFinally"));
      }
    }
  }

  private static final class RouteWriter extends ModelWriter {

    private boolean resolves;
    private boolean allIds;
    private boolean locations;

    RouteWriter(Writer text) throws IOException {
      super(text);
    }

    @Override
    protected void doWriteOptionalIdentifiedDefinitionAttributes(
        OptionalIdentifiedDefinition<?> definition) throws IOException {
      if (allIds || Boolean.TRUE.equals(definition.getCustomId())) {
        doWriteAttribute("id", definition.getId(), null);
      }
      doWriteAttribute("description", definition.getDescription(), null);
      OptionalIdentifiedDefinition<?> written =
          definition instanceof RouteDefinition route ? route.getInput() : definition;
      if (locations && written.getLineNumber() != -1) {
        doWriteAttribute("sourceLineNumber", Integer.toString(written.getLineNumber()), null);
        doWriteAttribute("sourceLocation", written.getLocation(), null);
      }
    }

    /**
     * Leaves it out: it is of the configuration that the route names, and YAML has none in a route.
     */
    @Override
    protected void doWriteOnExceptionDefinition(String name, OnExceptionDefinition definition) {}

    @Override
    protected void doWriteTryDefinition(String name, TryDefinition definition) throws IOException {
      startElement(name);
      doWriteProcessorDefinitionAttributes(definition);
      doWriteList(
          null, null, definition.getOutputsWithoutCatches(), this::doWriteProcessorDefinitionRef);
      for (CatchDefinition each : definition.getCatchClauses()) {
        doWriteCatchDefinition("doCatch", each);
      }
      if (definition.getFinallyClause() != null) {
        doWriteFinallyDefinition("doFinally", definition.getFinallyClause());
      }
      endElement(name);
    }

    @Override
    protected void doWriteExpressionDefinitionAttributes(ExpressionDefinition expression)
        throws IOException {
      super.doWriteExpressionDefinitionAttributes(expression);
      if (!(expression instanceof LanguageExpression)) { // that one has such an attribute
        // What Camel forgets where the expression has no text, and takes out again.
        boolean isMethod = expression instanceof MethodCallExpression;
        doWriteAttribute("language", isMethod ? "method" : expression.getLanguage(), null);
      }
    }

    @Override
    protected void doWriteValue(String value) throws IOException {
      if (value != null && !value.isEmpty()) {
        super.doWriteValue(value);
      }
    }

    @Override
    protected void text(String name, String text) throws IOException {
      super.text(name, resolved(text));
    }

    @Override
    protected void attribute(String name, Object value) throws IOException {
      super.attribute(name, value instanceof String text ? resolved(text) : value);
    }

    private String resolved(String text) {
      if (!resolves || text == null) {
        return text;
      }
      try {
        return getCamelContext().resolvePropertyPlaceholders(text);
      } catch (IllegalArgumentException e) {
        return text; // a property that is not there: as it stands
      }
    }
  }
}
