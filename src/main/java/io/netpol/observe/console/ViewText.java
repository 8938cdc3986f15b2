package io.netpol.observe.console;

import io.netpol.observe.ApplyHistory;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes the state of an agent as text for people. */
final class ViewText {

  private final StringBuilder text = new StringBuilder();

  private ViewText() {}

  static String of(AgentView view, ViewFilter filter) {
    ViewText text = new ViewText();
    text.pipeline(view.pipeline());
    NodeView.Page<PodView> pods = view.node().pods(filter);
    pods.shown().forEach(text::pod);
    text.more(pods.more(), "pods");
    NodeView.Page<PolicyView> policies = view.node().policies(filter);
    policies.shown().forEach(text::policy);
    text.more(policies.more(), "policies");
    return text.text.toString();
  }

  private void pipeline(PipelineView state) {
    line("node " + state.node());
    line("  back-end      " + state.backend() + ", " + String.join(" and ", state.families()));
    line(
        String.format(
            Locale.ROOT,
            "  knows         %d policies, %d pods, %d of them here%s",
            state.policies(),
            state.pods(),
            state.localPods(),
            state.listed() ? "" : "; not all is listed yet"));
    line(
        "  last contact  "
            + state.sources().stream()
                .map(source -> source.kind() + " " + source.ageMillis() / 1000 + " s ago")
                .sorted()
                .collect(Collectors.joining(", ")));
    line(
        String.format(
            Locale.ROOT,
            "  queue         %d syncs%s, batch interval %d ms",
            state.queue(),
            state.gathering() ? ", batch pending" : "",
            state.windowMillis()));
    ApplyHistory.Attempt last = state.last();
    line("  last attempt  " + (last == null ? "none" : attempt(last)));
    line("  dead letters  " + state.deadLetters());
    if (!state.stoppedRoutes().isEmpty()) {
      line("  stopped       " + String.join(", ", state.stoppedRoutes()));
    }
  }

  private static String attempt(ApplyHistory.Attempt last) {
    String took = last.millis() == null ? "" : " in " + last.millis() + " ms";
    return last.at() + " " + last.result() + took + ": " + String.join(", ", last.because());
  }

  private void pod(PodView pod) {
    line("");
    line(
        String.format(
            Locale.ROOT,
            "pod %s/%s  %s%s",
            pod.namespace(),
            pod.pod(),
            String.join(" ", pod.addresses()),
            pod.programmed() ? "" : "  NOT PROGRAMMED"));
    if (pod.directions().isEmpty()) {
      line("  not isolated");
    }
    for (PodView.Isolation isolation : pod.directions()) {
      line(
          String.format(
              Locale.ROOT,
              "  %-7s  %s  %s rules",
              isolation.direction(),
              isolation.chain(),
              words(isolation.rules(), "no")));
      isolation.policies().forEach(policy -> line("           by " + policy));
    }
    for (PodView.Members set : pod.sets()) {
      line(
          String.format(
              Locale.ROOT,
              "  set      %s  %s: %s",
              set.set(),
              many(set.members(), "member"),
              set.means()));
    }
    if (pod.lastApply() != null) {
      line("  applied  " + pod.lastApply());
    }
    pod.deadLetters().forEach(letter -> line("  dead letter " + letter));
  }

  private void policy(PolicyView policy) {
    line("");
    line(
        String.format(
            Locale.ROOT,
            "policy %s/%s  %s, %s",
            policy.namespace(),
            policy.policy(),
            policy.type(),
            policy.effect()));
    line(
        String.format(
            Locale.ROOT,
            "  selects  %s here%s",
            many(policy.localPods(), "pod"),
            policy.pods().isEmpty() ? "" : ": " + String.join(", ", policy.pods())));
    for (PolicyView.RuleView rule : policy.rules()) {
      line(
          String.format(
              Locale.ROOT,
              "  %s %d  %s",
              rule.direction(),
              rule.rule(),
              words(rule.peers().stream().map(ViewText::peer).toList(), "nobody")));
    }
    policy.problems().forEach(problem -> line("  invalid field  " + problem));
  }

  private static String peer(PolicyView.PeerView peer) {
    return peer.pods() == null ? peer.peer() : peer.peer() + " (" + many(peer.pods(), "pod") + ")";
  }

  private void more(int more, String what) {
    if (more > 0) {
      line("");
      line("and " + more + " " + what + " more: select with namespace=, pod=, policy= or limit=");
    }
  }

  private static String many(int number, String of) {
    return number + " " + of + (number == 1 ? "" : "s");
  }

  private static String words(List<String> some, String none) {
    return some.isEmpty() ? none : String.join(", ", some);
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
