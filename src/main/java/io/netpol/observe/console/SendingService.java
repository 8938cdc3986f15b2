package io.netpol.observe.console;

import java.io.IOException;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.StaticService;
import org.apache.camel.support.service.ServiceSupport;

/** Sends messages to the routes on behalf of an MBean, while the service runs. */
abstract class SendingService extends ServiceSupport implements StaticService, CamelContextAware {

  private CamelContext context;
  private ProducerTemplate routes;

  /** Returns what sends to the routes; null before the service is started. */
  final ProducerTemplate routes() {
    return routes;
  }

  @Override
  public void setCamelContext(CamelContext camelContext) {
    context = camelContext;
  }

  @Override
  public CamelContext getCamelContext() {
    return context;
  }

  @Override
  protected void doStart() {
    routes = context.createProducerTemplate();
  }

  @Override
  protected void doStop() throws IOException {
    routes.close();
  }
}
