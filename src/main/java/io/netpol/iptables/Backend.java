package io.netpol.iptables;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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
   * @param oursInOther whether chains of ours are in the other back-end too: these filter as well,
   *     and nobody looks after them
   */
  public record Found(Backend backend, String reason, boolean oursInOther) {}

  /** Chains that the kubelet makes so that others find its back-end (KEP-3178). */
  private static final List<String> KUBELET_CHAINS =
      List.of("KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY");

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final List<Tool> TABLES = List.of(Tool.IPTABLES, Tool.IP6TABLES);

  /** The back-end's {@code iptables-…-restore} or {@code ip6tables-…-restore}. */
  public String restoreCommand(Tool tool) {
    return tool.command() + "-" + name().toLowerCase(Locale.ROOT) + "-restore";
  }

  /**
   * Takes the back-end that is asked for, or finds out which one the host uses: the one with the
   * kubelet's chains, else the one with more rules that are not ours, else nft.
   */
  public static Found find(Choice choice) {
    return find(choice, List.of());
  }

  /** The same where commands begin with these words, such as those that enter a namespace. */
  static Found find(Choice choice, List<String> inside) {
    Map<Backend, List<String>> saved = new EnumMap<>(Backend.class);
    for (Backend backend : values()) {
      saved.put(backend, TABLES.stream().map(tool -> backend.saved(inside, tool)).toList());
    }
    Backend backend;
    String reason;
    Optional<String> kubelets =
        saved.values().stream().flatMap(List::stream).flatMap(Backend::kubeletChain).findFirst();
    long nft = rules(saved.get(NFT));
    long legacy = rules(saved.get(LEGACY));
    if (choice != Choice.AUTO) {
      backend = choice == Choice.NFT ? NFT : LEGACY;
      reason = "it is set";
    } else if (kubelets.isPresent()) {
      backend =
          saved.get(NFT).stream().flatMap(Backend::kubeletChain).findFirst().isPresent()
              ? NFT
              : LEGACY;
      reason = "the kubelet's chain " + kubelets.get() + " is there";
    } else {
      backend = legacy > nft ? LEGACY : NFT;
      reason = nft + " rules of others in nft, " + legacy + " in legacy";
    }
    Backend other = backend == NFT ? LEGACY : NFT;
    boolean oursInOther = saved.get(other).stream().anyMatch(text -> !OwnRules.of(text).isEmpty());
    return new Found(backend, reason, oursInOther);
  }

  private static Stream<String> kubeletChain(String saved) {
    return KUBELET_CHAINS.stream().filter(chain -> saved.contains("\n:" + chain + " "));
  }

  /** How many rules there are beside ours: what we wrote must not decide where we write. */
  private static long rules(List<String> saved) {
    return saved.stream()
        .mapToLong(
            text -> {
              OwnRules ours = OwnRules.of(text);
              long all = text.lines().filter(line -> line.startsWith("-A ")).count();
              return all - ours.rules() - ours.jumps().size();
            })
        .sum();
  }

  /** What the back-end has of a family; empty where it cannot be run or fails. */
  private String saved(List<String> inside, Tool tool) {
    List<String> words = new ArrayList<>(inside);
    words.add(restoreCommand(tool).replace("-restore", "-save"));
    try {
      ToolRun run = ToolRun.run(words, "", LIMIT);
      return run.ok() ? run.stdout() : "";
    } catch (IOException e) {
      return "";
    }
  }
}
