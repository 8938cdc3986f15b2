package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.observe.console.RouteYaml;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.OptionalIdentifiedDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What JMX dumps of the routes is YAML that Camel reads, with every step. */
@Tag("agent")
class RouteYamlTest {

  @TempDir private Path folder;

  @Test
  void everyRouteIsDumpedAsYamlThatMeansTheSame() throws Exception {
    try (TestAgent agent = new TestAgent(folder, new FakeTools(folder).settings()).start();
        CamelContext other = new DefaultCamelContext()) {
      MBeanServer server = ManagementFactory.getPlatformMBeanServer();
      Model model =
          agent.agent().context().getCamelContextExtension().getContextPlugin(Model.class);
      for (RouteDefinition route : model.getRouteDefinitions()) {
        ObjectName name =
            new ObjectName(
                "org.apache.camel:context=camel-netpol,type=routes,name=\"" + route.getId() + "\"");
        String yaml = (String) server.invoke(name, "dumpRouteAsYaml", null, null);
        RouteDefinition read = read(other, route.getId(), yaml);
        assertThat(steps(read)).as(yaml).isNotEmpty().isEqualTo(steps(route));
        assertThat(new RouteYaml().dumpModelAsYaml(other, read)).isEqualTo(yaml);
        assertThat(read.getRouteConfigurationId()).isEqualTo(route.getRouteConfigurationId());
      }
      String all =
          (String)
              server.invoke(
                  new ObjectName(
                      "org.apache.camel:context=camel-netpol,type=context,name=\"camel-netpol\""),
                  "dumpRoutesAsYaml",
                  null,
                  null);
      assertThat(all.lines().filter(line -> line.equals("- route:")))
          .hasSameSizeAs(model.getRouteDefinitions());
    }
  }

  /** Reads the model alone: its beans are the agent's. */
  private static RouteDefinition read(CamelContext context, String id, String yaml)
      throws Exception {
    PluginHelper.getRoutesLoader(context)
        .loadRoutes(ResourceHelper.fromString(id + ".camel.yaml", yaml));
    return ((ModelCamelContext) context).getRouteDefinition(id);
  }

  /** Without what the route's configuration adds: the dump names the configuration. */
  private static List<ProcessorDefinition<?>> outputs(RouteDefinition route) {
    return route.getOutputs().stream()
        .filter(output -> !(output instanceof OnExceptionDefinition))
        .toList();
  }

  private static Set<String> steps(RouteDefinition route) {
    Set<String> steps = new TreeSet<>();
    for (OptionalIdentifiedDefinition<?> step :
        List.copyOf(
            ProcessorDefinitionHelper.filterTypeInOutputs(
                outputs(route), OptionalIdentifiedDefinition.class))) {
      steps.add(step.getId() + " " + step.getDescription());
    }
    return steps;
  }
}
