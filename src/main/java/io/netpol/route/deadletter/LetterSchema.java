package io.netpol.route.deadletter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Upgrades a letter of a former schema to the present one.
 *
 * <p>Schema 1 had no {@code schemaVersion}; its {@code policies} are all that select the pods, and
 * its {@code linePolicies} the failing ones.
 */
final class LetterSchema {

  private static final String VERSION = "schemaVersion";
  private static final String POLICIES = "policies";
  private static final String OF_THE_LINE = "linePolicies";

  private LetterSchema() {}

  /** Returns the letter with the fields of {@link DeadLetter}; other JSON stays as it is. */
  static JsonNode present(JsonNode letter) {
    if (!(letter instanceof ObjectNode fields) || fields.has(VERSION)) {
      return letter;
    }
    fields.put(VERSION, DeadLetter.SCHEMA_VERSION);
    JsonNode failing = fields.remove(OF_THE_LINE);
    if (failing != null && !failing.isEmpty()) {
      fields.set(POLICIES, failing);
      return fields;
    }
    JsonNode all = fields.remove(POLICIES);
    if (all != null) {
      fields.set("candidates", all);
    }
    fields.put("policyUnknown", "an earlier version of the agent did not say why");
    return fields;
  }
}
