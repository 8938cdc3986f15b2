package io.netpol.kubernetes.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.junit.jupiter.api.Test;

class FastSerializationTest {

  private static final String POD =
      """
      {"kind": "Pod", "apiVersion": "v1",
       "metadata": {"name": "a", "namespace": "shop", "labels": {"app": "a"},
         "managedFields": [{"manager": "kubelet"}]},
       "spec": {"nodeName": "n1", "hostNetwork": true, "volumes": [{"name": "v"}],
         "containers": [{"name": "c", "env": [{"name": "E", "value": "1"}],
           "ports": [{"name": "http", "containerPort": 80}]}],
         "initContainers": [{"name": "i", "restartPolicy": "Always"}]},
       "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}],
         "conditions": [{"type": "Ready", "status": "True"}]}}""";

  private final KubernetesSerialization serialization = ReadableObjects.serialization();

  @Test
  void objectHasWhatPoliciesCanMeanAndNothingElse() {
    Pod pod = serialization.unmarshal(POD, Pod.class);
    assertThat(pod.getMetadata().getLabels()).containsEntry("app", "a");
    assertThat(pod.getMetadata().getManagedFields()).isEmpty();
    assertThat(pod.getSpec().getNodeName()).isEqualTo("n1");
    assertThat(pod.getSpec().getHostNetwork()).isTrue();
    assertThat(pod.getSpec().getVolumes()).isEmpty();
    assertThat(pod.getSpec().getContainers().get(0).getPorts()).hasSize(1);
    assertThat(pod.getSpec().getContainers().get(0).getEnv()).isEmpty();
    assertThat(pod.getSpec().getInitContainers().get(0).getRestartPolicy()).isEqualTo("Always");
    assertThat(pod.getStatus().getPhase()).isEqualTo("Running");
    assertThat(pod.getStatus().getPodIP()).isEqualTo("10.0.0.1");
    assertThat(pod.getStatus().getPodIPs()).hasSize(1);
    assertThat(pod.getStatus().getConditions()).isEmpty();
    assertThat(pod.getAdditionalProperties()).isEmpty();
    assertThat(pod.getSpec().getAdditionalProperties()).isEmpty();
  }

  @Test
  void objectOfWrongTypesInAListHarmsOnlyItself() {
    String bad = "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"b\", \"labels\": 5}}";
    PodList list =
        serialization.unmarshal(
            "{\"kind\": \"PodList\", \"items\": [" + POD + ", " + bad + "]}", PodList.class);
    assertThat(list.getItems()).hasSize(2);
    assertThat(ReadableObjects.whyUnreadable(list.getItems().get(0).getMetadata())).isEmpty();
    assertThat(ReadableObjects.whyUnreadable(list.getItems().get(1).getMetadata())).isPresent();
    assertThatThrownBy(() -> serialization.unmarshal("{\"items\": [", PodList.class))
        .isInstanceOf(RuntimeException.class);
  }

  @Test
  void whatIsWrittenIsWrittenWhole() {
    Pod pod = new KubernetesSerialization().unmarshal(POD, Pod.class);
    assertThat(serialization.asJson(pod)).contains("volumes", "\"env\"", "conditions");
    assertThat(serialization.clone(pod)).isEqualTo(pod);
  }
}
