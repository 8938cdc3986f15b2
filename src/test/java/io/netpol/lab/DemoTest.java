package io.netpol.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cli.Netpol;
import io.netpol.testing.NeedsKernel;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The demo inside this process. */
class DemoTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  @NeedsKernel
  void kernelDoesWhatTheRulesAskForAfterEveryStep() {
    CommandLine netpol = Netpol.commandLine();
    netpol.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    assertThat(netpol.execute("demo", "--once")).as("%s%s", out, err).isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString())
        .contains(
            "[1/7] ", "[7/7] ", "8 tables, 512 cells: all are what Kubernetes' rules ask for.")
        .doesNotContain("WRONG", "!");
    assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
  }

  @ParameterizedTest
  @CsvSource({"true,1", "false,0"})
  void payloadsAreShownWhereNothingCanBeMeasured(boolean once, int status) throws Exception {
    Demo demo = new Demo(once, null, new PrintWriter(out), new PrintWriter(err));
    assertThat(demo.showPayloads("there is no kernel")).isEqualTo(status);
    assertThat(err.toString()).contains("the demo cannot run here: there is no kernel.");
    assertThat(out.toString())
        .contains("# ipset.restore", "# iptables.restore", "# ip6tables.restore", "*filter")
        .contains("shop/web ingress 1", "guest/guests egress 2", "COMMIT");
  }

  @Test
  void folderMakesNoSenseWhereTheDemoEndsByItself() {
    CommandLine netpol = Netpol.commandLine();
    netpol.setErr(new PrintWriter(err));
    assertThat(netpol.execute("demo", "--once", "--folder", ".")).isEqualTo(2);
    assertThat(netpol.execute("demo", "--folder", "/no/such/folder")).isEqualTo(2);
  }
}
