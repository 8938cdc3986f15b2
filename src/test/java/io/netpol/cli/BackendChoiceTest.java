package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.route.settings.Settings;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which back-end an agent takes where none is set, and which settings it refuses. */
@NeedsKernel
class BackendChoiceTest {

  private static final String OUR_CHAIN = "*filter\n:NWPLCY-FORWARD - [0:0]\nCOMMIT\n";

  @TempDir private Path folder;
  private LabNetwork lab;

  @BeforeEach
  void start() throws IOException {
    lab = LabNetwork.start(LabPlan.of(LabPlan.Wiring.ROUTED).node("n1"));
  }

  @AfterEach
  void stop() {
    lab.close();
  }

  @Test
  void hostWithIptablesAndNothingElseKeepsIptables() throws IOException {
    assertThat(choice()).isEqualTo("auto");
    nft("add table inet firewalld");
    nft("add table inet kube-proxy");
    nft("add table ip netpol");
    assertThat(choice()).as("where others' tables are").isEqualTo("auto");
  }

  @Test
  void tableOfTheAgentIsKept() throws IOException {
    nft("add table inet netpol");
    assertThat(choice()).isEqualTo("nftables");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ip", "ip6"})
  void hostWhereKubeProxyUsesNftablesGetsNftables(String family) throws IOException {
    nft("add table " + family + " kube-proxy");
    assertThat(choice("NETPOL_BRIDGE=off")).as("without bridges").isEqualTo("nftables");
  }

  @ParameterizedTest
  @ValueSource(strings = {"iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy"})
  void chainsOfTheAgentAreKept(String iptables) throws IOException {
    nft("add table ip kube-proxy");
    lab.run("n1", OUR_CHAIN, iptables + "-restore", "--noflush");
    assertThat(choice("NETPOL_BRIDGE=off")).isEqualTo("auto");
  }

  @Test
  void hostWithoutIptablesGetsNftables() throws IOException {
    assertThat(choice("PATH=" + path("nft"))).isEqualTo("nftables");
    assertThat(choice("PATH=" + path("nft", "iptables-restore"))).isEqualTo("auto");
    assertThat(choice("PATH=" + path("nft", "iptables-legacy-restore"))).isEqualTo("auto");
  }

  @Test
  void iptablesThatIsSetIsThereWhateverThePath() throws IOException {
    String restore = lab.run("n1", "", "sh", "-c", "command -v iptables-nft-restore").strip();
    assertThat(choice("PATH=" + path("nft"), "NETPOL_COMMAND_IPTABLES_RESTORE=" + restore))
        .isEqualTo("auto");
  }

  @Test
  void hostWithoutNftKeepsIptables() throws IOException {
    nft("add table ip kube-proxy");
    assertThat(choice("NETPOL_COMMAND_NFT=/nowhere/nft", "NETPOL_BRIDGE=off")).isEqualTo("auto");
  }

  @Test
  void backEndThatIsSetIsTakenWhateverTheHost() throws IOException {
    nft("add table inet netpol");
    assertThat(choice("NETPOL_BACKEND=iptables-nft")).isEqualTo("iptables-nft");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nft", "legacy", "iptables", "nftables-nft"})
  void wrongValueIsRefusedWithTheRightOnes(String value) {
    assertThatThrownBy(() -> BackendChoice.settings(folder, Map.of("NETPOL_BACKEND", value)))
        .isInstanceOf(Settings.BadSettingException.class)
        .hasMessageContainingAll(
            "netpol.backend", value, "auto, iptables-nft, iptables-legacy, nftables");
  }

  @ParameterizedTest
  @CsvSource({
    "NETPOL_ALLOWED, accept, other tables would still decide",
    "NETPOL_BRIDGE, on, does not know the ports of a bridge"
  })
  void whatNftablesCannotDoIsRefusedWithTheReason(String variable, String value, String reason)
      throws IOException {
    Map<String, String> environment = Map.of("NETPOL_BACKEND", "nftables", variable, value);
    assertThatThrownBy(() -> BackendChoice.settings(folder, environment))
        .isInstanceOf(Settings.BadSettingException.class)
        .hasMessageContainingAll("netpol.backend", "nftables", value, reason);
    assertThat(choice(variable + "=" + value)).as("by iptables").isEqualTo("auto");
  }

  private void nft(String command) throws IOException {
    lab.run("n1", "", "nft", command);
  }

  /** Makes a folder with these programs of the node, and returns its path. */
  private Path path(String... programs) throws IOException {
    Path bin = Files.createTempDirectory(folder, "bin");
    for (String program : programs) {
      String real = lab.run("n1", "", "sh", "-c", "command -v " + program).strip();
      Files.createSymbolicLink(bin.resolve(program), Path.of(real));
    }
    return bin;
  }

  private String choice(String... environment) throws IOException {
    List<String> command = new ArrayList<>(List.of("/usr/bin/env"));
    command.addAll(Arrays.asList(environment));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            PrintBackEnd.class.getName(),
            folder.toString()));
    String printed = lab.run("n1", "", command.toArray(String[]::new)).strip();
    return printed.substring(printed.lastIndexOf('\n') + 1);
  }
}
