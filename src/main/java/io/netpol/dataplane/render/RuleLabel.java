package io.netpol.dataplane.render;

import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Describes the purpose of a rule. It alone formats and parses the comments in the kernel, so that
 * their readers (counters, reasons of refusals) find what was written.
 */
public sealed interface RuleLabel {

  /** Ends a truncated text. */
  String CUT = "...";

  /**
   * Labels a rule of a policy.
   *
   * @param number the number of the rule in its direction, from 1
   * @param detail the peer; empty for the whole rule
   */
  record OfPolicy(ObjectKey policy, Direction direction, int number, String detail)
      implements RuleLabel {

    private static final Pattern PATTERN =
        Pattern.compile("([^ /]+)/([^ /]+) (ingress|egress) (\\d{1,9})(?:: (.*))?", Pattern.DOTALL);

    /** Returns the label of the same rule for one of its peers. */
    OfPolicy with(String peer) {
      return new OfPolicy(policy, direction, number, peer);
    }

    @Override
    public String text() {
      String rule = policy + " " + direction.lowerCase() + " " + number;
      return detail.isEmpty() ? rule : rule + ": " + detail;
    }

    @Override
    public List<ObjectKey> policies() {
      return List.of(policy);
    }
  }

  /** Names the action for packets that no rule allows. */
  enum Verdict {
    DENIED,
    /** They pass, because the policies are in audit mode. */
    AUDITED;

    /** Returns the word for labels and metrics. */
    public String word() {
      return this == DENIED ? "denied" : "audited";
    }
  }

  /**
   * Labels the last rule of a pod's chain.
   *
   * @param reason the policies that isolate the pod, or words if none does
   */
  record OfVerdict(ObjectKey pod, Direction direction, Verdict verdict, String reason)
      implements RuleLabel {

    private static final Pattern PATTERN =
        Pattern.compile(
            "([^ /]+)/([^ /]+) (ingress|egress) (denied|audited): (.*)", Pattern.DOTALL);

    /** Makes a label with the policies that isolate the pod. */
    static OfVerdict by(
        ObjectKey pod, Direction direction, Verdict verdict, List<ObjectKey> policies) {
      String reason =
          policies.isEmpty()
              ? "default isolation"
              : policies.stream().map(ObjectKey::toString).collect(Collectors.joining(", "));
      return new OfVerdict(pod, direction, verdict, reason);
    }

    @Override
    public String text() {
      return pod + " " + direction.lowerCase() + " " + verdict.word() + ": " + reason;
    }

    /** Returns the policies in the reason, without a truncated name. */
    @Override
    public List<ObjectKey> policies() {
      return Stream.of(reason.split(", "))
          .filter(name -> name.indexOf('/') > 0 && name.indexOf(' ') < 0 && !name.endsWith(CUT))
          .map(RuleLabel::key)
          .toList();
    }
  }

  /** Labels a rule that leads packets of an address or of a bridge port to the chains of pods. */
  record OfPods(List<ObjectKey> pods) implements RuleLabel {

    private static final String START = "pod ";

    public static OfPods of(ObjectKey pod) {
      return new OfPods(List.of(pod));
    }

    /**
     * Returns whether a parsed label names the pod; if it has one truncated name, the start of the
     * name is enough.
     */
    public boolean names(ObjectKey pod) {
      String name = clean(pod.toString(), Integer.MAX_VALUE);
      String only = pods.size() == 1 ? pods.get(0).toString() : "";
      boolean cut = only.endsWith(CUT);
      return pods.stream().anyMatch(read -> read.toString().equals(name))
          || cut && name.startsWith(only.substring(0, only.length() - CUT.length()));
    }

    @Override
    public String text() {
      return START + pods.stream().map(ObjectKey::toString).collect(Collectors.joining(", "));
    }
  }

  /** Labels a rule by which a pod reaches itself. */
  record Itself(ObjectKey pod) implements RuleLabel {
    @Override
    public String text() {
      return pod + " itself";
    }
  }

  /** Labels a rule that concerns no policy and no pod. */
  record Note(String text) implements RuleLabel {}

  /** Returns the full text; it may contain any character, and have any length. */
  String text();

  /** Returns the policies of the rule; empty if it has none. */
  default List<ObjectKey> policies() {
    return List.of();
  }

  /**
   * Returns the text in a form that a kernel can store.
   *
   * @param maxLength the number of bytes that the kernel keeps
   */
  default String comment(int maxLength) {
    return clean(text(), maxLength);
  }

  /** Parses a comment; one of no known form becomes a {@link Note}. */
  static RuleLabel parse(String comment) {
    Matcher verdict = OfVerdict.PATTERN.matcher(comment);
    if (verdict.matches()) {
      return new OfVerdict(
          new ObjectKey(verdict.group(1), verdict.group(2)),
          direction(verdict.group(3)),
          verdict.group(4).equals("denied") ? Verdict.DENIED : Verdict.AUDITED,
          verdict.group(5));
    }
    Matcher policy = OfPolicy.PATTERN.matcher(comment);
    if (policy.matches()) {
      return new OfPolicy(
          new ObjectKey(policy.group(1), policy.group(2)),
          direction(policy.group(3)),
          Integer.parseInt(policy.group(4)),
          Optional.ofNullable(policy.group(5)).orElse(""));
    }
    return comment.startsWith(OfPods.START)
        ? new OfPods(
            Stream.of(comment.substring(OfPods.START.length()).split(", "))
                .map(RuleLabel::key)
                .toList())
        : new Note(comment);
  }

  private static Direction direction(String word) {
    return word.equals("ingress") ? Direction.INGRESS : Direction.EGRESS;
  }

  private static ObjectKey key(String name) {
    int slash = name.indexOf('/');
    return slash < 0
        ? new ObjectKey("", name)
        : new ObjectKey(name.substring(0, slash), name.substring(slash + 1));
  }

  /**
   * Sanitizes untrusted text, so that it cannot end a quoted string or a line: letters, digits and
   * a few marks stay, everything else becomes '?'.
   *
   * @param maxLength in characters, each of which is one byte in the result
   */
  static String clean(String text, int maxLength) {
    int length = Math.min(text.length(), maxLength);
    StringBuilder clean = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      boolean plain =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || " -_./:,=()!+@".indexOf(c) >= 0;
      clean.append(plain ? c : '?');
    }
    if (text.length() > maxLength) {
      clean.replace(maxLength - CUT.length(), maxLength, CUT);
    }
    return clean.toString();
  }
}
