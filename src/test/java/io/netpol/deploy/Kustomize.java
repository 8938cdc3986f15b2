package io.netpol.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.NeedsCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs {@code kustomize build}, or {@code kubectl kustomize} where there is no kustomize. */
final class Kustomize {

  private Kustomize() {}

  /** What it makes of a folder; {@code scratch} is for what it prints. */
  static Manifests build(String folder, Path scratch) throws Exception {
    String command = NeedsCommand.Condition.find("kustomize", "kubectl").orElseThrow();
    String does = command.endsWith("/kubectl") ? "kustomize" : "build";
    Path made = scratch.resolve("made.yaml");
    Path said = scratch.resolve("said");
    Process process =
        new ProcessBuilder(List.of(command, does, folder))
            .redirectOutput(made.toFile())
            .redirectError(said.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(said)).isZero();
    return Manifests.read(made);
  }
}
