package io.netpol.iptables;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * The two back-ends of iptables. Rules in one are not seen in the other's listing, but both filter;
 * who mixes them on one host gets surprises, so the one that the host uses is found out.
 */
public enum Backend {
  NFT,
  LEGACY;

  /** What can be asked for. */
  public enum Choice {
    AUTO,
    NFT,
    LEGACY
  }

  /**
   * The back-end with why it was taken.
   *
   * @param reason one sentence for the log
   */
  public record Found(Backend backend, String reason) {}

  /** Chains that the kubelet makes so that others find its back-end (KEP-3178). */
  private static final List<String> KUBELET_CHAINS =
      List.of("KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY");

  private static final int TIMEOUT_SECONDS = 10;

  /** The back-end's {@code iptables-…-restore} or {@code ip6tables-…-restore}. */
  public String restoreCommand(Tool tool) {
    return tool.command() + "-" + name().toLowerCase(Locale.ROOT) + "-restore";
  }

  /**
   * Finds out which back-end the host uses: the one with the kubelet's chains, else the one with
   * more rules, else nft.
   */
  public static Found detect() {
    return detect(List.of());
  }

  /** The same where commands begin with these words, such as those that enter a namespace. */
  static Found detect(List<String> inside) {
    List<Integer> rules = new ArrayList<>();
    for (Backend backend : values()) {
      int count = 0;
      for (Tool tool : List.of(Tool.IPTABLES, Tool.IP6TABLES)) {
        String saved = output(inside, backend.restoreCommand(tool).replace("-restore", "-save"));
        for (String chain : KUBELET_CHAINS) {
          if (saved.contains("\n:" + chain + " ")) {
            return new Found(backend, "the kubelet's chain " + chain + " is there");
          }
        }
        count += (int) saved.lines().filter(line -> line.startsWith("-A ")).count();
      }
      rules.add(count);
    }
    int nft = rules.get(NFT.ordinal());
    int legacy = rules.get(LEGACY.ordinal());
    return new Found(legacy > nft ? LEGACY : NFT, nft + " rules in nft, " + legacy + " in legacy");
  }

  /** What the command prints; empty where it cannot be run or fails. */
  private static String output(List<String> inside, String command) {
    List<String> words = new ArrayList<>(inside);
    words.add(command);
    try {
      Process process =
          new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      process.getOutputStream().close();
      // Ends a command that hangs, and with it the reading below.
      process
          .onExit()
          .orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS)
          .exceptionally(late -> process.destroyForcibly());
      try (InputStream out = process.getInputStream()) {
        String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0) {
          return text;
        }
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      return ""; // not installed
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return "";
  }
}
