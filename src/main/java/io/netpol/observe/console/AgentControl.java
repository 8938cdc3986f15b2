package io.netpol.observe.console;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.observe.ApplyHistory;
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
 * Shows and controls the agent by JMX, among Camel's services as {@code
 * org.apache.camel:context=camel-netpol,type=services,name=AgentControl}.
 */
@ManagedResource(description = "The agent of this node: its state, its pods and policies")
public final class AgentControl extends SendingService {

  private final AgentView view;
  private final Dataplane dataplane;
  private final Supplier<ReconcileRequest> everything;

  /**
   * Creates the MBean of an agent.
   *
   * @param everything returns a request for the whole node; null until all kinds are listed
   */
  public AgentControl(AgentView view, Dataplane dataplane, Supplier<ReconcileRequest> everything) {
    this.view = view;
    this.dataplane = dataplane;
    this.everything = everything;
  }

  /** Returns the number of pods of this node that policies can select. */
  @ManagedAttribute(description = "Pods of this node that policies can select")
  public int getLocalPods() {
    return view.pipeline().localPods();
  }

  /** Returns the number of policies in the cluster. */
  @ManagedAttribute(description = "NetworkPolicies of the cluster")
  public int getPolicies() {
    return view.pipeline().policies();
  }

  /** Returns the result of the last attempt; {@code none} before the first. */
  @ManagedAttribute(description = "Result of the last sync: applied, nothing to do, failed or none")
  public String getLastAttempt() {
    ApplyHistory.Attempt last = view.pipeline().last();
    return last == null ? "none" : last.result();
  }

  /** Returns what triggered the last attempt, or why it failed; empty before the first. */
  @ManagedAttribute(description = "The objects that triggered the last sync, or why it failed")
  public List<String> getLastAttemptBecause() {
    ApplyHistory.Attempt last = view.pipeline().last();
    return last == null ? List.of() : last.because();
  }

  /** Returns the number of syncs that run or wait. */
  @ManagedAttribute(description = "Syncs that run or wait")
  public int getQueue() {
    return view.pipeline().queue();
  }

  /** Returns the command that loads rules. */
  @ManagedAttribute(description = "The command that loads IPv4 rules, which names the back-end")
  public String getBackend() {
    return view.pipeline().backend();
  }

  /** Returns the console's page as text; null and empty parameters match everything. */
  @ManagedOperation(
      description = "Show pods and policies by namespace, pod and policy; each may be empty")
  public String show(String namespace, String pod, String policy) {
    return ViewText.of(view, filter(namespace, pod, policy));
  }

  /** Returns the console's page as JSON; null and empty parameters match everything. */
  @ManagedOperation(
      description =
          "Show pods and policies as JSON, by namespace, pod and policy; each may be empty")
  public String json(String namespace, String pod, String policy) {
    return view.jsonText(filter(namespace, pod, policy));
  }

  private static ViewFilter filter(String namespace, String pod, String policy) {
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("namespace", namespace);
    parameters.put("pod", pod);
    parameters.put("policy", policy);
    return ViewFilter.of(parameters);
  }

  /**
   * Reads the kernel now, compares it with the desired state, and repairs it.
   *
   * @throws IllegalStateException until all kinds are listed and the Node exists
   */
  @ManagedOperation(
      description = "Read the kernel now, compare it with the desired state, repair it")
  public void resync() {
    ReconcileRequest request = everything.get();
    if (request == null) {
      throw new IllegalStateException(
          "not all objects are listed yet, or there is no Node of the agent's name");
    }
    routes().sendBody("direct:batch", request);
  }

  /** Returns the desired sets and chains as text. */
  @ManagedOperation(description = "The sets and chains that the kernel should have, as text")
  public String wantedRules() {
    return dataplane.desiredText();
  }

  /**
   * Sets the level of a logger until the agent ends.
   *
   * @throws IllegalArgumentException if there is no such level
   */
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
