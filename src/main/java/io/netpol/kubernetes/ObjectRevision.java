package io.netpol.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.netpol.index.ObjectEvent;

/**
 * Says which version of which object an event is about, in the API server's terms: its audit log
 * has the same.
 *
 * @param uid of the object, which no other ever has; null where it is not known
 * @param resourceVersion of each write of the object, status included; null likewise
 * @param generation which the API server counts for each change of the spec; null likewise
 * @param spec of a policy, as JSON; null where it is not asked for, or not known
 */
public record ObjectRevision(String uid, String resourceVersion, Long generation, String spec) {

  private static final KubernetesSerialization SERIALIZATION = ReadableObjects.serialization();

  private static final ObjectRevision UNKNOWN = new ObjectRevision(null, null, null, null);

  /**
   * That of the body of an event.
   *
   * @param body the client's class, JSON or YAML, or an {@link ObjectEvent}, which has the uid only
   * @param withSpec whether the spec of a policy is asked for
   */
  public static ObjectRevision of(Object body, boolean withSpec) {
    if (body instanceof NetworkPolicy policy && policy.getSpec() != null && withSpec) {
      return of(policy.getMetadata(), SERIALIZATION.asJson(policy.getSpec()));
    } else if (body instanceof HasMetadata object) {
      return of(object.getMetadata(), null);
    } else if (body instanceof String text) {
      JsonNode tree = SERIALIZATION.unmarshal(text, JsonNode.class);
      JsonNode spec = tree.get("spec");
      return of(
          SERIALIZATION.convertValue(tree.path("metadata"), ObjectMeta.class),
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
