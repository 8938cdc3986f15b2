package io.netpol.observe;

import java.util.Map;
import org.apache.camel.spi.annotations.DevConsole;
import org.apache.camel.support.console.AbstractDevConsole;

/**
 * Camel's developer console of the agent. It only reads; {@link ConsoleEndpoint} answers with it on
 * the management server, because Camel's own page of consoles can also run code.
 */
@DevConsole(name = "netpol", description = "Pods, policies and the state of the agent")
public final class NetpolConsole extends AbstractDevConsole {

  /** Finds what it shows in the registry of its context. */
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
