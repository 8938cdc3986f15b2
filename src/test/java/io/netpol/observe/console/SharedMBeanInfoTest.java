package io.netpol.observe.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

class SharedMBeanInfoTest {

  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

  private static DefaultCamelContext context(String name) throws Exception {
    DefaultCamelContext context = new DefaultCamelContext();
    context.getCamelContextExtension().setName(name);
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:one")
                .routeId("one")
                .setHeader("a")
                .constant(1)
                .id("first")
                .log("x")
                .id("fourth");
            from("seda:two")
                .routeId("two")
                .setHeader("b")
                .constant(2)
                .id("second")
                .split(body())
                .id("third")
                .to("mock:end")
                .id("fifth");
          }
        });
    return context;
  }

  private static ObjectName bean(String context, String type, String name) throws Exception {
    return new ObjectName(
        "org.apache.camel:context=" + context + ",type=" + type + ",name=\"" + name + "\"");
  }

  /** Returns each MBean of a context, without what is counted up in its name, with what it has. */
  private static Map<String, Set<String>> beans(String context) throws Exception {
    Map<String, Set<String>> all = new TreeMap<>();
    for (ObjectName name : SERVER.queryNames(new ObjectName("*:context=" + context + ",*"), null)) {
      MBeanInfo info = SERVER.getMBeanInfo(name);
      all.put(
          name.getKeyProperty("type")
              + " "
              + name.getKeyProperty("name").replaceAll("0x\\w+|" + context, ""),
          Stream.of(
                  Stream.of(info.getAttributes()).map(a -> a.getName() + " " + a.getType()),
                  Stream.of(info.getOperations()).map(o -> o.getName() + " " + o.getReturnType()),
                  Stream.of(info.getNotifications()).map(n -> n.getName()),
                  Stream.of(info.getDescription()))
              .flatMap(each -> each)
              .collect(Collectors.toCollection(TreeSet::new)));
    }
    return all;
  }

  @Test
  void beansHaveTheAttributesAndOperationsOfCamel() throws Exception {
    try (DefaultCamelContext camel = context("camel");
        DefaultCamelContext shared = context("shared")) {
      shared.getCamelContextExtension().setManagementMBeanAssembler(new SharedMBeanInfo(shared));
      camel.start();
      shared.start();
      Map<String, Set<String>> beans = beans("shared");
      assertThat(beans).hasSizeGreaterThan(10);
      Map<String, Set<String>> expected = beans("camel");
      // The assembler is a service of its own where it is not Camel's.
      beans.remove("services SharedMBeanInfo");
      assertThat(beans.keySet()).isEqualTo(expected.keySet());
      beans.forEach((name, has) -> assertThat(has).as(name).isEqualTo(expected.get(name)));
    }
  }

  @Test
  void eachBeanHasItsOwnValues() throws Exception {
    try (DefaultCamelContext context = context("values")) {
      context.getCamelContextExtension().setManagementMBeanAssembler(new SharedMBeanInfo(context));
      context.start();
      context.createProducerTemplate().sendBody("direct:one", "a");
      context.createProducerTemplate().sendBody("direct:one", "a");
      for (Map.Entry<String, Long> step : Map.of("first", 2L, "second", 0L).entrySet()) {
        ObjectName name = bean("values", "processors", step.getKey());
        assertThat(SERVER.getAttribute(name, "ExchangesTotal")).isEqualTo(step.getValue());
        assertThat(SERVER.getAttribute(name, "ProcessorId")).isEqualTo(step.getKey());
      }
      SERVER.invoke(bean("values", "routes", "two"), "stop", null, null);
      assertThat(context.getRouteController().getRouteStatus("two").isStopped()).isTrue();
      assertThat(context.getRouteController().getRouteStatus("one").isStarted()).isTrue();
    }
  }

  @Test
  void secretsInAddressesAreMasked() throws Exception {
    try (DefaultCamelContext context = context("masked")) {
      context.getCamelContextExtension().setManagementMBeanAssembler(new SharedMBeanInfo(context));
      context.start();
      context.addRoutes(
          new RouteBuilder() {
            @Override
            public void configure() {
              from("direct:masked").routeId("secret").to("mock:user?password=hunter2");
            }
          });
      Set<ObjectName> names =
          SERVER.queryNames(new ObjectName("*:context=masked,type=endpoints,*"), null);
      assertThat(names).isNotEmpty();
      for (ObjectName name : names) {
        assertThat(SERVER.getAttribute(name, "EndpointUri").toString()).doesNotContain("hunter2");
      }
    }
  }
}
