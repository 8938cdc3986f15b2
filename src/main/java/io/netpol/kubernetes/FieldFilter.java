package io.netpol.kubernetes;

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
 * The fields that are read of objects whose other fields no policy can mean: nine tenths of a Pod
 * would be read, and their classes loaded, for nothing.
 */
final class FieldFilter {

  private FieldFilter() {}

  /** Makes a mapper pass over the other fields, whatever they hold. */
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
