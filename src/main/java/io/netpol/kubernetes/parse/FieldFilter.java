package io.netpol.kubernetes.parse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonIncludeProperties;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;

/**
 * Selects the fields that policies depend on. The parser skips all others, nine tenths of a Pod,
 * and does not load their classes.
 */
final class FieldFilter {

  private FieldFilter() {}

  /** Returns a module that makes a mapper skip the other fields, whatever they contain. */
  static Module module() {
    return new SimpleModule("needed-fields")
        .setMixInAnnotation(ObjectMeta.class, OfMetadata.class)
        .setMixInAnnotation(PodSpec.class, OfPodSpec.class)
        .setMixInAnnotation(Container.class, OfContainer.class)
        .setMixInAnnotation(PodStatus.class, OfPodStatus.class)
        .setMixInAnnotation(NodeSpec.class, OfNodeSpec.class)
        .setMixInAnnotation(NodeStatus.class, OfNodeStatus.class);
  }

  @JsonIgnoreProperties("managedFields")
  private interface OfMetadata {}

  @JsonIncludeProperties({"nodeName", "hostNetwork", "containers", "initContainers"})
  private interface OfPodSpec {}

  @JsonIncludeProperties({"name", "image", "ports", "restartPolicy"})
  private interface OfContainer {}

  @JsonIncludeProperties({"phase", "podIP", "podIPs"})
  private interface OfPodStatus {}

  @JsonIncludeProperties({"podCIDR", "podCIDRs"})
  private interface OfNodeSpec {}

  @JsonIncludeProperties("addresses")
  private interface OfNodeStatus {}
}
