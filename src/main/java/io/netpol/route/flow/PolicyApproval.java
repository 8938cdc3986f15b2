package io.netpol.route.flow;

import io.netpol.index.EndOfSnapshot;
import io.netpol.index.ObjectEvent;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.PolicyClass;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delays policies that deny everything in a namespace until a file {@code NAMESPACE_NAME} in a
 * folder approves them.
 *
 * <p>Until then the earlier version of the policy stays in force, as long as the agent runs. Not
 * thread-safe.
 */
public final class PolicyApproval {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyApproval.class);

  /**
   * A <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/names/">DNS
   * subdomain name</a>; nothing else becomes part of a path.
   */
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

  private final Path folder;
  private final Map<String, Message> waiting = new LinkedHashMap<>();

  /** Creates an approval step with no waiting policies. */
  public PolicyApproval(String folder) {
    this.folder = Path.of(folder);
  }

  /** Returns the event's message, or nothing if its policy is not approved. */
  public List<Message> admit(Exchange exchange) {
    Message message = exchange.getMessage();
    if (message.getBody() instanceof EndOfSnapshot) {
      return List.of(message);
    }
    ObjectEvent event = message.getBody(ObjectEvent.class);
    if (event == null) {
      return List.of(message); // a later step reports what is wrong with it
    }
    String name = event.key().namespace() + "_" + event.key().name();
    waiting.remove(name);
    String effect =
        event.object() instanceof NetworkPolicy policy ? PolicyClass.of(policy).effect() : "";
    if (!effect.contains("default-deny") || isApproved(name)) {
      return List.of(message);
    }
    LOG.warn(
        "policy {} is {} and not approved: it is not enforced until there is a file {}",
        name.replace('_', '/'),
        effect,
        folder.resolve(name));
    waiting.put(name, message.copy());
    return List.of();
  }

  /** Returns the messages of waiting policies that are approved by now. */
  public List<Message> approved() {
    List<Message> approved = new ArrayList<>();
    for (String name : List.copyOf(waiting.keySet())) {
      if (isApproved(name)) {
        LOG.info("policy {} is approved", name.replace('_', '/'));
        approved.add(waiting.remove(name));
      }
    }
    return approved;
  }

  private boolean isApproved(String name) {
    int cut = name.indexOf('_');
    return NAME.matcher(name.substring(0, cut)).matches()
        && NAME.matcher(name.substring(cut + 1)).matches()
        && Files.isRegularFile(folder.resolve(name));
  }
}
