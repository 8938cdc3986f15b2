package io.netpol.observe.console;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.analysis.explain.AddressDoubt;
import io.netpol.analysis.explain.Explanation;
import io.netpol.analysis.explain.Party;
import io.netpol.evaluate.NearestRule;
import io.netpol.evaluate.Verdict;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.model.Direction;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes an explanation as JSON.
 *
 * @param kernel whether the kernel has each pod's rules; omitted if it was not read
 */
public record ExplanationJson(
    boolean allowed,
    End from,
    End to,
    List<Answer> answers,
    @JsonInclude(Include.NON_EMPTY) Map<String, String> kernel,
    @JsonInclude(Include.NON_NULL) String kernelProblem) {

  private static final ObjectMapper JSON = new ObjectMapper();

  record End(
      String name, String what, @JsonInclude(Include.NON_NULL) String pod, List<String> addresses) {

    static End of(Party party) {
      return new End(
          party.name(),
          party.what(),
          party.pod().map(pod -> pod.key().toString()).orElse(null),
          texts(party.addresses()));
    }
  }

  record Answer(
      boolean allowed,
      @JsonInclude(Include.NON_NULL) Doubt unknown,
      List<String> families,
      String protocol,
      @JsonInclude(Include.NON_NULL) Integer port,
      DirectionAnswer ingress,
      DirectionAnswer egress,
      @JsonInclude(Include.NON_NULL) Enforced enforced) {

    static Answer of(Explanation explanation, Explanation.Answer answer) {
      Verdict verdict = answer.verdict();
      return new Answer(
          verdict.allowed(),
          answer.doubt().map(Doubt::of).orElse(null),
          answer.addressed()
              ? answer.families().stream().map(ExplanationJson::word).toList()
              : List.of(),
          explanation.question().protocol(),
          answer.protocol() == null ? null : answer.port(),
          DirectionAnswer.of(verdict.ingress(), answer.nearest().get(Direction.INGRESS)),
          DirectionAnswer.of(verdict.egress(), answer.nearest().get(Direction.EGRESS)),
          answer.enforced().map(Enforced::of).orElse(null));
    }
  }

  record Doubt(String address, String mayBeOfNode, boolean probable) {
    static Doubt of(AddressDoubt doubt) {
      return new Doubt(doubt.address().toString(), doubt.node(), doubt.probable());
    }
  }

  record Enforced(boolean allowed, DirectionAnswer ingress, DirectionAnswer egress) {
    static Enforced of(Verdict verdict) {
      return new Enforced(
          verdict.allowed(),
          DirectionAnswer.of(verdict.ingress(), null),
          DirectionAnswer.of(verdict.egress(), null));
    }
  }

  /** The decision in one direction; each reason has its own fields. */
  sealed interface DirectionAnswer {

    static DirectionAnswer of(Decision decision, NearestRule nearest) {
      if (decision instanceof Decision.NotIsolated open) {
        return new Open(true, "not-isolated", open.pod().toString());
      } else if (decision instanceof Decision.Always always) {
        return new Open(true, word(always.reason()), always.pod().toString());
      } else if (decision instanceof Decision.AllowedBy by) {
        return new Ruled(
            true,
            "rule",
            by.pod().toString(),
            by.policy().toString(),
            by.rule(),
            by.peer().toString(),
            by.port().toString());
      } else if (decision instanceof Decision.Audited audited) {
        return new Audited(true, "audited", audited.pod().toString(), texts(audited.policies()));
      } else if (decision instanceof Decision.Denied denied) {
        return new Denied(
            false,
            "no-rule-matches",
            denied.pod().toString(),
            texts(denied.policies()),
            nearest == null ? null : Nearest.of(nearest));
      }
      return new Open(true, "no-pod", null);
    }
  }

  record Open(boolean allowed, String because, @JsonInclude(Include.NON_NULL) String pod)
      implements DirectionAnswer {}

  record Ruled(
      boolean allowed,
      String because,
      String pod,
      String policy,
      int rule,
      String peer,
      String port)
      implements DirectionAnswer {}

  record Audited(boolean allowed, String because, String pod, List<String> auditedBy)
      implements DirectionAnswer {}

  record Denied(
      boolean allowed,
      String because,
      String pod,
      List<String> isolatedBy,
      @JsonInclude(Include.NON_NULL) Nearest nearest)
      implements DirectionAnswer {}

  record Nearest(String policy, int rule, String peer, String port, List<Differs> differs) {
    static Nearest of(NearestRule rule) {
      return new Nearest(
          rule.policy().toString(),
          rule.rule(),
          rule.peer() == null ? null : rule.peer().toString(),
          rule.port() == null ? null : rule.port().toString(),
          rule.why().stream().map(why -> new Differs(word(why.kind()), why.sentence())).toList());
    }
  }

  record Differs(String kind, String sentence) {}

  /** Returns the JSON text, indented, with a final newline. */
  public static String of(Explanation explanation) {
    Map<String, String> kernel = new LinkedHashMap<>();
    explanation.kernel().forEach((pod, state) -> kernel.put(pod.toString(), word(state)));
    ExplanationJson all =
        new ExplanationJson(
            explanation.allowed(),
            End.of(explanation.from()),
            End.of(explanation.to()),
            explanation.answers().stream().map(each -> Answer.of(explanation, each)).toList(),
            kernel,
            explanation.kernelProblem().orElse(null));
    return JSON.valueToTree(all).toPrettyString() + "\n";
  }

  private static List<String> texts(Collection<?> all) {
    return all.stream().map(Object::toString).toList();
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
