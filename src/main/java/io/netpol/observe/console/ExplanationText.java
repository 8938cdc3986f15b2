package io.netpol.observe.console;

import io.netpol.analysis.explain.Explanation;
import io.netpol.analysis.explain.Explanation.Answer;
import io.netpol.analysis.explain.Explanation.Outcome;
import io.netpol.analysis.explain.Party;
import io.netpol.evaluate.Mismatch;
import io.netpol.evaluate.NearestRule;
import io.netpol.evaluate.Verdict;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.PortMatch;
import io.netpol.net.Family;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi;

/** Writes an explanation as a short tree for people, in lines of at most 80 characters. */
public final class ExplanationText {

  private final Explanation explanation;
  private final Ansi ansi;
  private final StringBuilder text = new StringBuilder();

  private ExplanationText(Explanation explanation, boolean colour) {
    this.explanation = explanation;
    this.ansi = colour ? Ansi.ON : Ansi.OFF;
  }

  /**
   * Returns the text, each line ended by a newline.
   *
   * @param colour whether verdicts are coloured
   */
  public static String of(Explanation explanation, boolean colour) {
    return new ExplanationText(explanation, colour).write();
  }

  private String write() {
    party("from", explanation.from());
    party("to  ", explanation.to());
    for (Answer answer : explanation.answers()) {
      text.append('\n');
      answer(answer);
    }
    explanation.kernel().forEach((pod, state) -> line("kernel  ", pod + ": " + state.sentence()));
    explanation.kernelProblem().ifPresent(problem -> line("kernel  ", problem));
    return text.toString();
  }

  private void party(String which, Party party) {
    line(which + "  ", party.name() + " (" + party.description() + ")");
  }

  private void answer(Answer answer) {
    String what =
        answer.protocol() == null
            ? explanation.question().protocol()
            : answer.protocol() + " " + answer.port();
    if (explanation.question().hasNamedPort()) {
      what += " (" + explanation.question().port() + ")";
    }
    String families =
        answer.addressed()
            ? " over "
                + answer.families().stream()
                    .map(ExplanationText::name)
                    .collect(Collectors.joining(" and "))
            : "";
    verdict(answer.outcome(), what + families);
    direction(Direction.EGRESS, explanation.from(), answer);
    direction(Direction.INGRESS, explanation.to(), answer);
    answer.enforced().ifPresent(this::enforced);
    answer.doubt().ifPresent(doubt -> line("  ", "but " + doubt.sentence()));
  }

  /** What is different where all policies are enforced. */
  private void enforced(Verdict verdict) {
    text.append("  enforced, it would be ");
    text.append(verdict.allowed() ? "allowed" : "denied").append('\n');
    for (Direction direction : new Direction[] {Direction.EGRESS, Direction.INGRESS}) {
      if (verdict.of(direction) instanceof Decision.Denied denied) {
        line("    " + direction.lowerCase() + " denied by ", names(denied.policies()));
      } else if (verdict.of(direction) instanceof Decision.AllowedBy by) {
        line("    " + direction.lowerCase() + " allowed by ", by.policy() + " rule " + by.rule());
      }
    }
  }

  private static String name(Family family) {
    return family == Family.IPV4 ? "IPv4" : "IPv6";
  }

  private void verdict(Outcome outcome, String rest) {
    String style =
        switch (outcome) {
          case ALLOWED -> "green";
          case UNKNOWN -> "yellow";
          case DENIED -> "red";
        };
    text.append(ansi.string("@|" + style + " " + outcome + "|@"));
    text.append("  ").append(rest).append('\n');
  }

  private void direction(Direction direction, Party party, Answer answer) {
    Decision decision = answer.verdict().of(direction);
    String head = direction.lowerCase() + " of ";
    if (decision instanceof Decision.NoPod) {
      boolean host = party.pod().isPresent();
      String why = host ? "policies hold no pods on the host network" : "policies hold pods only";
      line("  ", head + party.name() + ": open, " + why);
    } else if (decision instanceof Decision.NotIsolated open) {
      line("  ", head + open.pod() + ": open, no policy isolates it for " + direction.lowerCase());
    } else if (decision instanceof Decision.Always always) {
      line("  ", head + always.pod() + ": open, " + always.reason().sentence());
    } else if (decision instanceof Decision.AllowedBy by) {
      line("  ", head + by.pod() + ": allowed by " + by.policy() + " rule " + by.rule());
      line("    ", rule(direction, by.peer(), by.port()));
    } else if (decision instanceof Decision.Audited audited) {
      line("  ", head + audited.pod() + ": open, and noted: no rule matches");
      line("    audited only: ", names(audited.policies()));
    } else if (decision instanceof Decision.Denied denied) {
      denied(direction, denied, answer.nearest().get(direction));
    }
  }

  private void denied(Direction direction, Decision.Denied denied, NearestRule nearest) {
    line("  ", direction.lowerCase() + " of " + denied.pod() + ": denied, " + because(nearest));
    List<ObjectKey> policies = denied.policies();
    line("    isolated by ", names(policies));
    if (nearest != null) {
      line("    nearest: ", nearest.policy() + " rule " + nearest.rule());
      line("      ", rule(direction, nearest.peer(), nearest.port()));
      String conjunction = "but ";
      for (Mismatch why : nearest.why()) {
        line("      " + conjunction, why.sentence());
        conjunction = "and ";
      }
    }
  }

  private static String names(List<ObjectKey> policies) {
    return policies.isEmpty()
        ? "default isolation"
        : policies.stream().map(ObjectKey::toString).collect(Collectors.joining(", "));
  }

  private static String because(NearestRule nearest) {
    return nearest == null ? "no policy has a rule that allows anything" : "no rule matches";
  }

  private static String rule(Direction direction, Peer peer, PortMatch port) {
    return (direction == Direction.INGRESS ? "from " : "to ")
        + RuleWords.of(peer)
        + ", "
        + RuleWords.of(port);
  }

  /** Writes words after a start, and the lines that continue them further in than the next ones. */
  private void line(String start, String words) {
    text.append(Paragraph.of(start, start.length() + 2, words));
  }
}
