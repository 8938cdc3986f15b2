package io.netpol.observe.console;

import java.util.Map;
import org.apache.camel.spi.annotations.DevConsole;
import org.apache.camel.support.console.AbstractDevConsole;

/**
 * Shows the agent in Camel's developer console, read-only. {@link ConsoleEndpoint} serves it on the
 * management server, because Camel's own console page can also run code.
 */
@DevConsole(name = "netpol", description = "Pods, policies and the state of the agent")
public final class NetpolConsole extends AbstractDevConsole {

  /** Creates the console, which finds the {@link AgentView} in its context's registry. */
  public NetpolConsole() {
    super("netpol", "netpol", "NetworkPolicies", "Pods, policies and the state of the agent");
  }

  private AgentView view() {
    return getCamelContext().getRegistry().lookupByNameAndType(AgentView.NAME, AgentView.class);
  }

  @Override
  protected String doCallText(Map<String, Object> options) {
    return ViewText.of(view(), ViewFilter.of(options));
  }

  @Override
  protected Map<String, Object> doCallJson(Map<String, Object> options) {
    return view().json(ViewFilter.of(options));
  }
}
