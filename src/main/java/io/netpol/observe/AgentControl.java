package io.netpol.observe;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedOperation;
import org.apache.camel.api.management.ManagedResource;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * The agent by JMX, among Camel's services as {@code
 * org.apache.camel:context=camel-netpol,type=services,name=AgentControl}.
 */
@ManagedResource(description = "The agent of this node: its state, its pods and policies")
public final class AgentControl extends SendingService {

  private final AgentView view;
  private final Dataplane dataplane;
  private final Supplier<ReconcileRequest> everything;

  /**
   * Of one agent.
   *
   * @param everything all work of the node; null while not all is listed
   */
  public AgentControl(AgentView view, Dataplane dataplane, Supplier<ReconcileRequest> everything) {
    this.view = view;
    this.dataplane = dataplane;
    this.everything = everything;
  }

  /** How many pods policies can hold here. */
  @ManagedAttribute(description = "Pods of this node that policies can hold")
  public int getLocalPods() {
    return view.pipeline().localPods();
  }

  /** How many policies there are. */
  @ManagedAttribute(description = "NetworkPolicies of the cluster")
  public int getPolicies() {
    return view.pipeline().policies();
  }

  /** How the last attempt went. */
  @ManagedAttribute(description = "The last attempt to apply: applied, nothing to do or failed")
  public String getLastAttempt() {
    ApplyHistory.Attempt last = view.pipeline().last();
    return last == null ? "none" : last.result();
  }

  /** When and why the last attempt was. */
  @ManagedAttribute(description = "What made the last attempt due, or why it failed")
  public List<String> getLastAttemptBecause() {
    ApplyHistory.Attempt last = view.pipeline().last();
    return last == null ? List.of() : last.because();
  }

  /** How many applies run or wait. */
  @ManagedAttribute(description = "Applies that run or wait")
  public int getQueue() {
    return view.pipeline().queue();
  }

  /** The command that loads rules. */
  @ManagedAttribute(description = "The command that loads IPv4 rules, which tells the back-end")
  public String getBackend() {
    return view.pipeline().backend();
  }

  /** What the console shows, as text. */
  @ManagedOperation(
      description = "Pods and policies by namespace, pod and policy; each may be empty")
  public String show(String namespace, String pod, String policy) {
    return ViewText.of(view, filter(namespace, pod, policy));
  }

  /** What the console shows, as JSON. */
  @ManagedOperation(
      description = "The same as JSON: pods and policies by namespace, pod and policy")
  public String json(String namespace, String pod, String policy) {
    return view.jsonText(filter(namespace, pod, policy));
  }

  private static ViewFilter filter(String namespace, String pod, String policy) {
    Map<String, Object> asked = new HashMap<>();
    asked.put("namespace", namespace);
    asked.put("pod", pod);
    asked.put("policy", policy);
    return ViewFilter.of(asked);
  }

  /** Reads the kernel now, compares it with what is wanted, and repairs it. */
  @ManagedOperation(description = "Read the kernel now, compare it with what is wanted, repair it")
  public void resync() {
    ReconcileRequest work = everything.get();
    if (work == null) {
      throw new IllegalStateException(
          "not all objects are listed yet, or there is no Node of the agent's name");
    }
    routes().sendBody("direct:due", work);
  }

  /** The sets and chains as the agent wants them. */
  @ManagedOperation(description = "The sets and chains that the kernel should have, as text")
  public String wantedRules() {
    return dataplane.desiredText();
  }

  /** Sets how much is logged until the agent ends. */
  @ManagedOperation(
      description = "Set the level of a logger such as io.netpol, until the agent ends")
  public void setLogLevel(String logger, String level) {
    Level known = Level.getLevel(level.strip().toUpperCase(Locale.ROOT));
    if (known == null) {
      throw new IllegalArgumentException(
          "no level \"" + level + "\": off, error, warn, info, debug or trace");
    }
    Configurator.setLevel(logger, known);
  }
}
