package io.netpol.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.analysis.lint.Finding;
import io.netpol.analysis.lint.PolicyLint;
import io.netpol.kubernetes.manifest.Manifests;
import io.netpol.kubernetes.parse.RefusedObject;
import io.netpol.observe.console.Paragraph;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says what in policies is probably not meant. */
@Command(
    name = "lint",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeOnExecutionException = 2, // 1 would say that something was found
    description = "Say what in policies is probably not meant.",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:nothing found that is as severe as --fail-on",
      "1:something found",
      "2:something is refused, or no answer: bad usage or input, or the objects cannot be had"
    })
final class LintCommand implements Callable<Integer> {

  /** Names the severities, least first, and none of them. */
  private enum FailOn {
    info,
    warning,
    error,
    never
  }

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Mixin private ObjectSource source;

  @Option(
      names = "--fail-on",
      defaultValue = "warning",
      paramLabel = "error|warning|info|never",
      description = "The least severity that makes the exit status 1; warning where not given.")
  private FailOn failOn;

  @Option(
      names = "--output",
      defaultValue = "text",
      paramLabel = "text|json",
      description = "How findings are written.")
  private Output output;

  @Override
  public Integer call() {
    Manifests read = source.read(spec.commandLine().getErr(), false);
    List<Finding> findings = PolicyLint.of(ObjectSource.index(read, ObjectSource.settings()));
    PrintWriter out = spec.commandLine().getOut();
    if (output == Output.json) {
      out.println(json(read.refused(), findings));
    } else {
      refused(read.refused(), out);
      text(findings, out);
    }
    PrintWriter err = spec.commandLine().getErr();
    if (!read.refused().isEmpty()) {
      err.println(
          "netpol: refused: " + read.refused().size() + "; the findings are about the rest");
    }
    if (read.pods().isEmpty() && !read.policies().isEmpty()) {
      err.println("netpol: warning: there are no Pods: what selectors match was not looked at");
    }
    boolean fail =
        findings.stream().anyMatch(each -> each.severity().ordinal() >= failOn.ordinal());
    return !read.refused().isEmpty() ? 2 : fail ? 1 : 0;
  }

  private static void refused(List<RefusedObject> refused, PrintWriter out) {
    for (RefusedObject each : refused) {
      String where = each.line() > 0 ? each.file() + ":" + each.line() : each.file();
      out.println(
          "refused  "
              + (each.name().isEmpty() ? where : (each.kind() + " " + each.object()).strip()));
      String field = each.field().isEmpty() ? "" : each.field() + ": ";
      out.print(
          Paragraph.of("  ", (each.name().isEmpty() ? "" : where + ": ") + field + each.reason()));
      out.print(Paragraph.of("  -> ", each.advice()));
    }
  }

  private static void text(List<Finding> findings, PrintWriter out) {
    for (Finding finding : findings) {
      out.println(
          finding.severity().lowerCase() + "  " + finding.policy() + "  " + finding.code().text());
      String where = finding.where().isEmpty() ? "" : finding.where() + ": ";
      out.print(Paragraph.of("  ", where + finding.sentence()));
      out.print(Paragraph.of("  -> ", finding.advice()));
    }
  }

  /** A finding, or an object that is refused, which has a file and a line. */
  private record Entry(
      String kind,
      String namespace,
      String name,
      String code,
      String severity,
      String where,
      String sentence,
      String advice,
      @JsonInclude(Include.NON_NULL) String file,
      @JsonInclude(Include.NON_NULL) Integer line) {

    static Entry of(RefusedObject each) {
      return new Entry(
          each.kind(),
          each.namespace(),
          each.name(),
          "refused",
          "error",
          each.field(),
          each.reason(),
          each.advice(),
          each.file(),
          each.line());
    }

    static Entry of(Finding each) {
      return new Entry(
          "NetworkPolicy",
          each.policy().namespace(),
          each.policy().name(),
          each.code().text(),
          each.severity().lowerCase(),
          each.where(),
          each.sentence(),
          each.advice(),
          null,
          null);
    }
  }

  private static String json(List<RefusedObject> refused, List<Finding> findings) {
    List<Entry> all =
        Stream.concat(refused.stream().map(Entry::of), findings.stream().map(Entry::of)).toList();
    return new ObjectMapper().valueToTree(all).toPrettyString();
  }
}
