package io.netpol.observe;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netpol.analysis.explain.AddressDoubt;
import io.netpol.analysis.explain.Explanation;
import io.netpol.analysis.explain.Explanation.Answer;
import io.netpol.analysis.explain.Party;
import io.netpol.evaluate.NearestRule;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.model.Direction;
import io.netpol.net.IpAddress;
import java.util.Locale;

/** An explanation as JSON, for programs. */
public final class ExplanationJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ExplanationJson() {}

  /** The text, indented, its last line ended. */
  public static String of(Explanation explanation) {
    ObjectNode root = JSON.createObjectNode();
    root.put("allowed", explanation.allowed());
    party(root.putObject("from"), explanation.from());
    party(root.putObject("to"), explanation.to());
    explanation
        .answers()
        .forEach(answer -> answer(root.withArray("answers").addObject(), explanation, answer));
    explanation
        .kernel()
        .forEach(
            (pod, state) ->
                root.withObject("/kernel")
                    .put(pod.toString(), state.name().toLowerCase(Locale.ROOT)));
    explanation.kernelProblem().ifPresent(problem -> root.put("kernelProblem", problem));
    return root.toPrettyString() + "\n";
  }

  private static void doubt(ObjectNode node, AddressDoubt doubt) {
    node.put("address", doubt.address().toString());
    node.put("mayBeOfNode", doubt.node());
    node.put("probable", doubt.probable());
  }

  private static void party(ObjectNode node, Party party) {
    node.put("name", party.name());
    node.put("what", party.what());
    party.pod().ifPresent(pod -> node.put("pod", pod.key().toString()));
    ArrayNode addresses = node.putArray("addresses");
    party.addresses().stream().map(IpAddress::toString).forEach(addresses::add);
  }

  private static void answer(ObjectNode node, Explanation explanation, Answer answer) {
    node.put("allowed", answer.verdict().allowed());
    answer.doubt().ifPresent(doubt -> doubt(node.putObject("unknown"), doubt));
    ArrayNode families = node.putArray("families");
    if (answer.addressed()) {
      answer.families().forEach(family -> families.add(family.name().toLowerCase(Locale.ROOT)));
    }
    node.put("protocol", explanation.question().protocol());
    if (answer.protocol() != null) {
      node.put("port", answer.port());
    }
    for (Direction direction : Direction.values()) {
      decision(
          node.putObject(direction.lowerCase()),
          answer.verdict().of(direction),
          answer.nearest().get(direction));
    }
    if (answer.enforced().isPresent()) {
      ObjectNode enforced = node.putObject("enforced");
      enforced.put("allowed", answer.enforced().get().allowed());
      for (Direction direction : Direction.values()) {
        decision(
            enforced.putObject(direction.lowerCase()), answer.enforced().get().of(direction), null);
      }
    }
  }

  private static void decision(ObjectNode node, Decision decision, NearestRule nearest) {
    node.put("allowed", decision.allows());
    if (decision instanceof Decision.NoPod) {
      node.put("because", "no-pod");
    } else if (decision instanceof Decision.NotIsolated open) {
      node.put("because", "not-isolated").put("pod", open.pod().toString());
    } else if (decision instanceof Decision.Always always) {
      String reason = always.reason().name().toLowerCase(Locale.ROOT).replace('_', '-');
      node.put("because", reason).put("pod", always.pod().toString());
    } else if (decision instanceof Decision.AllowedBy by) {
      node.put("because", "rule").put("pod", by.pod().toString());
      node.put("policy", by.policy().toString()).put("rule", by.rule());
      node.put("peer", by.peer().toString()).put("port", by.port().toString());
    } else if (decision instanceof Decision.Audited audited) {
      node.put("because", "audited").put("pod", audited.pod().toString());
      ArrayNode policies = node.putArray("auditedBy");
      audited.policies().forEach(policy -> policies.add(policy.toString()));
    } else if (decision instanceof Decision.Denied denied) {
      node.put("because", "no-rule-matches").put("pod", denied.pod().toString());
      ArrayNode policies = node.putArray("isolatedBy");
      denied.policies().forEach(policy -> policies.add(policy.toString()));
      if (nearest != null) {
        nearest(node.putObject("nearest"), nearest);
      }
    }
  }

  private static void nearest(ObjectNode node, NearestRule nearest) {
    node.put("policy", nearest.policy().toString()).put("rule", nearest.rule());
    node.put("peer", nearest.peer() == null ? null : nearest.peer().toString());
    node.put("port", nearest.port() == null ? null : nearest.port().toString());
    nearest
        .why()
        .forEach(
            why ->
                node.withArray("differs")
                    .addObject()
                    .put("kind", why.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .put("sentence", why.sentence()));
  }
}
