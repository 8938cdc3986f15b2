package io.netpol.kubernetes.parse;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.netpol.index.ObjectEvent;

/**
 * Identifies the version of the object that an event is about, as the API server's audit log does.
 *
 * @param uid of the object, which no other object ever has; null if unknown
 * @param resourceVersion of the last write of the object, status included; null if unknown
 * @param generation the number of changes of the spec; null if unknown
 * @param spec of a policy, as JSON; null if not asked for or unknown
 */
public record ObjectRevision(String uid, String resourceVersion, Long generation, String spec) {

  private static final KubernetesSerialization SERIALIZATION = ReadableObjects.serialization();

  private static final ObjectRevision UNKNOWN = new ObjectRevision(null, null, null, null);

  /**
   * Returns the revision in the body of an event.
   *
   * @param body the client's class, JSON or YAML, or an {@link ObjectEvent}, which has the uid only
   * @param withSpec whether to read the spec of a policy
   */
  public static ObjectRevision of(Object body, boolean withSpec) {
    if (body instanceof NetworkPolicy policy && policy.getSpec() != null && withSpec) {
      return of(policy.getMetadata(), SERIALIZATION.asJson(policy.getSpec()));
    } else if (body instanceof HasMetadata object) {
      return of(object.getMetadata(), null);
    } else if (body instanceof String text) {
      JsonNode tree = SERIALIZATION.unmarshal(text, JsonNode.class);
      JsonNode metadata = tree.get("metadata");
      JsonNode spec = tree.get("spec");
      return of(
          metadata == null ? null : SERIALIZATION.convertValue(metadata, ObjectMeta.class),
          withSpec && spec != null ? spec.toString() : null);
    } else if (body instanceof ObjectEvent event) {
      return new ObjectRevision(event.uid(), null, null, null);
    }
    return UNKNOWN;
  }

  private static ObjectRevision of(ObjectMeta metadata, String spec) {
    return metadata == null
        ? UNKNOWN
        : new ObjectRevision(
            metadata.getUid(), metadata.getResourceVersion(), metadata.getGeneration(), spec);
  }
}
