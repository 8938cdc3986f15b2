package io.netpol.dataplane.iptables;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ToolRun;
import io.netpol.dataplane.UnreadableListing;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Names a back-end of iptables. The tools of one do not list rules of the other, but both filter,
 * so the agent must use the one that the host uses.
 */
public enum Backend {
  NFT,
  LEGACY;

  /** Names the values of {@code netpol.backend}. */
  public enum Choice {
    AUTO,
    IPTABLES_NFT,
    IPTABLES_LEGACY;

    /** Returns the chosen back-end; empty if the host decides. */
    Optional<Backend> backend() {
      return switch (this) {
        case AUTO -> Optional.empty();
        case IPTABLES_NFT -> Optional.of(NFT);
        case IPTABLES_LEGACY -> Optional.of(LEGACY);
      };
    }
  }

  /**
   * Holds the selected back-end and the reason.
   *
   * @param reason one sentence for the log
   * @param oursInOther whether the other back-end has chains of the agent too: these also filter,
   *     and nobody maintains them
   */
  public record Found(Backend backend, String reason, boolean oursInOther) {}

  /**
   * Chains by which the kubelet announces its back-end (<a
   * href="https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/3178-iptables-cleanup">KEP-3178</a>).
   */
  private static final List<String> KUBELET_CHAINS =
      List.of("KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY");

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final List<KernelTool> TABLES =
      List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES);

  /**
   * Returns the command of the back-end, {@code iptables-…-restore} or {@code ip6tables-…-restore}.
   */
  public String restoreCommand(KernelTool tool) {
    return tool.id() + "-" + name().toLowerCase(Locale.ROOT) + "-restore";
  }

  /**
   * Returns the back-end that a command names.
   *
   * @param command such as {@code ip netns exec NODE iptables-nft-restore}
   * @return empty if it names none, like {@code iptables-restore}
   */
  public static Optional<Backend> namedBy(String command) {
    String program = command.substring(command.lastIndexOf(' ') + 1);
    String name = program.substring(program.lastIndexOf('/') + 1);
    return Stream.of(values())
        .filter(backend -> name.contains("-" + backend.name().toLowerCase(Locale.ROOT) + "-"))
        .findFirst();
  }

  /**
   * Holds what a back-end lists on the host.
   *
   * @param text the listings of all tables, one for each family; empty if the tool is missing or
   *     the kernel lacks the back-end
   * @param foreignRules the number of rules of other programs in its filter tables
   * @param ours whether they have chains of the agent
   * @param unreadable why a listing cannot be parsed; null if all can
   */
  private record Listing(
      List<String> text, long foreignRules, boolean ours, UnreadableListing unreadable) {

    Optional<String> kubeletChain() {
      return KUBELET_CHAINS.stream()
          .filter(chain -> text.stream().anyMatch(all -> all.contains("\n:" + chain + " ")))
          .findFirst();
    }
  }

  /**
   * Selects the configured back-end, or detects the one that the host uses: the one with the
   * kubelet's chains, else nft if only nft can print its table, else the one with more rules of
   * other programs, else nft. It runs the tools.
   */
  public static Found find(Choice choice) {
    return find(choice, List.of());
  }

  /**
   * Selects the back-end with words in front of each command, such as those that enter a network
   * namespace.
   */
  static Found find(Choice choice, List<String> inside) {
    Listing nft = NFT.listed(inside);
    Listing legacy = LEGACY.listed(inside);
    Backend backend;
    String reason;
    if (choice.backend().isPresent()) {
      backend = choice.backend().get();
      reason = "it is set";
    } else if (nft.kubeletChain().isPresent() || legacy.kubeletChain().isPresent()) {
      backend = nft.kubeletChain().isPresent() ? NFT : LEGACY;
      reason =
          "the kubelet's chain "
              + nft.kubeletChain().or(legacy::kubeletChain).orElseThrow()
              + " is there";
    } else if (nft.unreadable != null) {
      backend = NFT; // another program's rules make it unreadable
      reason = "it is in use, but " + nft.unreadable.getMessage();
    } else {
      backend = legacy.foreignRules > nft.foreignRules ? LEGACY : NFT;
      reason = nft.foreignRules + " rules of others in nft, " + legacy.foreignRules + " in legacy";
    }
    return new Found(backend, reason, (backend == NFT ? legacy : nft).ours);
  }

  /** Returns whether chains of the agent are in any back-end. It runs the tools. */
  static boolean hasOurs() {
    return Stream.of(values()).anyMatch(backend -> backend.listed(List.of()).ours);
  }

  private Listing listed(List<String> inside) {
    List<String> texts = new ArrayList<>();
    long foreignRules = 0;
    boolean ours = false;
    UnreadableListing unreadable = null;
    for (KernelTool tool : TABLES) {
      String saved = saved(inside, tool);
      texts.add(saved);
      try {
        Optional<SavedTable> table = SavedTable.filterIfThere(tool, saved);
        OwnedRules own = table.map(OwnedRules::of).orElse(OwnedRules.NONE);
        // Rules of the agent must not influence the choice.
        foreignRules +=
            table.map(SavedTable::rules).map(List::size).orElse(0)
                - own.rules()
                - own.jumps().size();
        ours |= !own.isEmpty();
      } catch (UnreadableListing e) {
        unreadable = e;
      }
    }
    return new Listing(texts, foreignRules, ours, unreadable);
  }

  /**
   * Returns the listing of a family; empty if the tool cannot run or the kernel lacks the back-end.
   */
  private String saved(List<String> inside, KernelTool tool) {
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
