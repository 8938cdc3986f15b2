package io.netpol.kernel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netpol.model.DefaultIsolation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Takes parts away from a case that fails for as long as it still fails. */
final class Shrinking {

  private Shrinking() {}

  /**
   * The smallest case that was found.
   *
   * @param fails whether a case still shows what is looked for; the case given does
   */
  static PolicyCase smallest(PolicyCase failing, Predicate<PolicyCase> fails) {
    PolicyCase smallest = failing;
    boolean shrunk = true;
    while (shrunk) {
      shrunk = false;
      for (PolicyCase smaller : smaller(smallest)) {
        if (fails.test(smaller)) {
          smallest = smaller;
          shrunk = true;
          break;
        }
      }
    }
    return smallest;
  }

  /** Every case with one part less, the large parts first. */
  private static List<PolicyCase> smaller(PolicyCase c) {
    List<PolicyCase> smaller = new ArrayList<>();
    if (c.isolation() != DefaultIsolation.OFF) {
      smaller.add(with(c, DefaultIsolation.OFF, c.namespaces(), c.pods(), c.policies()));
    }
    for (int i = 0; i < c.policies().size(); i++) {
      List<JsonNode> rest = new ArrayList<>(c.policies());
      rest.remove(i);
      smaller.add(with(c, c.isolation(), c.namespaces(), c.pods(), rest));
    }
    for (String pod : c.pods().keySet()) {
      Map<String, JsonNode> gone = new TreeMap<>(c.pods());
      if (gone.put(pod, null) != null) { // null takes the pod away
        smaller.add(with(c, c.isolation(), c.namespaces(), gone, c.policies()));
      }
    }
    for (int i = 0; i < c.policies().size(); i++) {
      for (JsonNode less : lessBy(c.policies().get(i).path("spec"))) {
        List<JsonNode> changed = new ArrayList<>(c.policies());
        ObjectNode policy = c.policies().get(i).deepCopy();
        policy.set("spec", less);
        changed.set(i, policy);
        smaller.add(with(c, c.isolation(), c.namespaces(), c.pods(), changed));
      }
    }
    c.pods()
        .forEach(
            (name, patch) ->
                lessBy(patch)
                    .forEach(
                        less ->
                            smaller.add(
                                with(
                                    c,
                                    c.isolation(),
                                    c.namespaces(),
                                    changed(c.pods(), name, less),
                                    c.policies()))));
    c.namespaces()
        .forEach(
            (name, patch) ->
                lessBy(patch)
                    .forEach(
                        less ->
                            smaller.add(
                                with(
                                    c,
                                    c.isolation(),
                                    changed(c.namespaces(), name, less),
                                    c.pods(),
                                    c.policies()))));
    return smaller;
  }

  private static Map<String, JsonNode> changed(
      Map<String, JsonNode> all, String name, JsonNode value) {
    Map<String, JsonNode> changed = new TreeMap<>(all);
    changed.put(name, value);
    return changed;
  }

  private static PolicyCase with(
      PolicyCase c,
      DefaultIsolation isolation,
      Map<String, JsonNode> namespaces,
      Map<String, JsonNode> pods,
      List<JsonNode> policies) {
    return new PolicyCase(
        c.name(), c.because(), isolation, namespaces, pods, policies, c.expect(), c.rules());
  }

  /** The tree with one element of a list, or one field that may be absent, taken out. */
  private static List<JsonNode> lessBy(JsonNode tree) {
    List<JsonNode> less = new ArrayList<>();
    if (tree instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        ObjectNode without = object.deepCopy();
        without.remove(field.getKey());
        less.add(without);
      }
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        for (JsonNode part : lessBy(field.getValue())) {
          ObjectNode changed = object.deepCopy();
          changed.set(field.getKey(), part);
          less.add(changed);
        }
      }
    } else if (tree instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        ArrayNode without = array.deepCopy();
        without.remove(i);
        less.add(without);
      }
      for (int i = 0; i < array.size(); i++) {
        for (JsonNode part : lessBy(array.get(i))) {
          ArrayNode changed = array.deepCopy();
          changed.set(i, part);
          less.add(changed);
        }
      }
    }
    return less;
  }
}
