package io.netpol.dataplane.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.render.RuleLabel.Verdict;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RuleLabelTest {

  private static final int KERNEL = 255;
  private static final ObjectKey POD = new ObjectKey("shop", "web-7d4f");
  private static final ObjectKey POLICY = new ObjectKey("shop", "allow.web");
  private static final ObjectKey OTHER = new ObjectKey("shop", "default-deny");

  static List<RuleLabel> labels() {
    return List.of(
        new RuleLabel.OfPolicy(POLICY, Direction.EGRESS, 12, ""),
        new RuleLabel.OfPolicy(POLICY, Direction.INGRESS, 1, "pods app=web: in namespace x"),
        RuleLabel.OfVerdict.by(POD, Direction.INGRESS, Verdict.DENIED, List.of(POLICY, OTHER)),
        RuleLabel.OfVerdict.by(POD, Direction.EGRESS, Verdict.AUDITED, List.of()),
        new RuleLabel.OfPods(List.of(POD, POLICY)),
        new RuleLabel.Note("neighbour discovery"));
  }

  @ParameterizedTest
  @MethodSource("labels")
  void whatIsWrittenIsRead(RuleLabel label) {
    assertThat(RuleLabel.parse(label.comment(KERNEL))).isEqualTo(label);
  }

  @Test
  void labelNamesThePoliciesItIsFor() {
    assertThat(new RuleLabel.OfPolicy(POLICY, Direction.EGRESS, 1, "").policies())
        .containsExactly(POLICY);
    assertThat(
            RuleLabel.OfVerdict.by(POD, Direction.INGRESS, Verdict.DENIED, List.of(POLICY, OTHER))
                .policies())
        .containsExactly(POLICY, OTHER);
    assertThat(RuleLabel.OfVerdict.by(POD, Direction.INGRESS, Verdict.DENIED, List.of()).policies())
        .isEmpty();
    assertThat(new RuleLabel.OfPods(List.of(POD)).policies()).isEmpty();
  }

  @Test
  void policyWhoseNameIsCutIsNotNamed() {
    List<ObjectKey> many = List.of(POLICY, new ObjectKey("shop", "p".repeat(253)));
    RuleLabel label = RuleLabel.OfVerdict.by(POD, Direction.INGRESS, Verdict.DENIED, many);
    String comment = label.comment(KERNEL);
    assertThat(comment).hasSize(KERNEL);
    assertThat(RuleLabel.parse(comment).policies()).containsExactly(POLICY);
  }

  @Test
  void nameThatIsCutStillNamesItsPod() {
    ObjectKey longPod = new ObjectKey("shop", "n".repeat(253));
    RuleLabel.OfPods read =
        (RuleLabel.OfPods) RuleLabel.parse(RuleLabel.OfPods.of(longPod).comment(KERNEL));
    assertThat(read.names(longPod)).isTrue();
    assertThat(read.names(POD)).isFalse();
    RuleLabel.OfPods several = new RuleLabel.OfPods(List.of(POD, new ObjectKey("", "...")));
    assertThat(several.names(POD)).isTrue();
    assertThat(several.names(longPod)).isFalse();
  }

  @Test
  void noTextEndsAStringOrALine() {
    RuleLabel label = new RuleLabel.Note("a\"b\\c\nd$e`f\tgéh😀");
    assertThat(label.comment(KERNEL)).isEqualTo("a?b?c?d?e?f?g?h??");
  }

  @Test
  void commentsOfOthersAreNotes() {
    for (String comment :
        List.of("", "!", "pods are nice", "a/b ingress 99999999999: x", "a/b/c ingress 1")) {
      assertThat(RuleLabel.parse(comment)).isEqualTo(new RuleLabel.Note(comment));
    }
  }
}
