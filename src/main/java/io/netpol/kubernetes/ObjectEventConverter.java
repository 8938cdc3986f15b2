package io.netpol.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.netpol.index.ObjectEvent;
import io.netpol.index.ObjectEvent.Action;
import io.netpol.kubernetes.parse.ObjectConverter;
import io.netpol.kubernetes.parse.ReadableObjects;
import io.netpol.kubernetes.parse.ResourceType;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Converter;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kubernetes.KubernetesConstants;

/**
 * Converts a Kubernetes object, or its JSON or YAML from a source such as Kafka, to an {@link
 * ObjectEvent}. The header {@code CamelKubernetesEventAction} tells whether it is {@code DELETED},
 * and {@code CamelKubernetesEventTimestamp} when the event was received.
 */
@Converter(generateLoader = true)
public final class ObjectEventConverter {

  private static final KubernetesSerialization SERIALIZATION = ReadableObjects.serialization();

  private ObjectEventConverter() {}

  /**
   * Converts an object; null for a kind that is not watched, which tells Camel that the conversion
   * is impossible.
   */
  @Converter
  public static ObjectEvent event(HasMetadata object, Exchange exchange) {
    Optional<Kind> kind = Kind.of(object.getClass().getSimpleName());
    return kind.map(known -> event(object, known, exchange.getMessage())).orElse(null);
  }

  /** Converts an object in JSON or YAML. */
  @Converter
  public static ObjectEvent event(String text, Exchange exchange) {
    JsonNode tree = SERIALIZATION.unmarshal(text, JsonNode.class);
    for (ResourceType<?> watched : ResourceType.ALL) {
      if (watched.kind().equals(tree.path("kind").asText())) {
        return event(SERIALIZATION.convertValue(tree, watched.type()), exchange);
      }
    }
    return null;
  }

  private static ObjectEvent event(HasMetadata object, Kind kind, Message message) {
    ObjectMeta metadata = object.getMetadata();
    List<Problem> problems = new ArrayList<>();
    Record read = null;
    Action action = Action.DELETE;
    if (!isDeleted(message.getHeader(KubernetesConstants.KUBERNETES_EVENT_ACTION))) {
      read = read(object, new ObjectConverter(problems::add));
      // Removal of a known policy would allow what it denies.
      action =
          read != null
              ? Action.PUT
              : ReadableObjects.whyUnreadable(metadata).isPresent() ? Action.KEEP : Action.DELETE;
    }
    return new ObjectEvent(
        kind,
        key(metadata),
        action,
        read,
        metadata == null ? null : metadata.getUid(),
        message.getHeader(KubernetesConstants.KUBERNETES_EVENT_TIMESTAMP, Long.class),
        problems);
  }

  private static boolean isDeleted(Object action) {
    return action != null && Watcher.Action.DELETED.name().equals(action.toString());
  }

  /** Converts an object to its record; null if that is impossible. */
  private static Record read(HasMetadata object, ObjectConverter converter) {
    if (object instanceof Pod pod) {
      return converter.pod(pod).orElse(null);
    } else if (object instanceof Namespace namespace) {
      return converter.namespace(namespace).orElse(null);
    } else if (object instanceof Node node) {
      return converter.node(node).orElse(null);
    }
    return converter.networkPolicy((NetworkPolicy) object).orElse(null);
  }

  private static ObjectKey key(ObjectMeta metadata) {
    String namespace = metadata == null ? null : metadata.getNamespace();
    String name = metadata == null ? null : metadata.getName();
    return new ObjectKey(namespace == null ? "" : namespace, name == null ? "" : name);
  }
}
