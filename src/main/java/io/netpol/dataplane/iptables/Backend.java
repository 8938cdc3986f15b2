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

  private static final List<KernelTool> TABLES =
      List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES);

  /** Returns the back-end's {@code iptables-…-restore} or {@code ip6tables-…-restore}. */
  public String restoreCommand(KernelTool tool) {
    return tool.id() + "-" + name().toLowerCase(Locale.ROOT) + "-restore";
  }

  /**
   * Returns the back-end that a command names.
   *
   * @param command as in {@code ip netns exec NODE iptables-nft-restore}
   * @return empty where it names none, as {@code iptables-restore} does
   */
  public static Optional<Backend> namedBy(String command) {
    String program = command.substring(command.lastIndexOf(' ') + 1);
    String name = program.substring(program.lastIndexOf('/') + 1);
    return Stream.of(values())
        .filter(backend -> name.contains("-" + backend.name().toLowerCase(Locale.ROOT) + "-"))
        .findFirst();
  }

  /**
   * What a back-end has of the host.
   *
   * @param text what its tools printed of all tables, one text a family; empty where there is no
   *     such tool, or the kernel lacks the back-end
   * @param foreignRules how many rules of others its filter tables hold
   * @param ours whether chains of ours are in them
   * @param unreadable why one of them cannot be read; null where all can
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
   * Takes the back-end that is asked for, or finds out which one the host uses: the one with the
   * kubelet's chains, else one whose rules only its own tool can print, else the one with more
   * rules that are not ours, else nft.
   */
  public static Found find(Choice choice) {
    return find(choice, List.of());
  }

  /**
   * Returns the same where commands begin with these words, such as those that enter a namespace.
   */
  static Found find(Choice choice, List<String> inside) {
    Listing nft = NFT.listed(inside);
    Listing legacy = LEGACY.listed(inside);
    Backend backend;
    String reason;
    if (choice != Choice.AUTO) {
      backend = choice == Choice.NFT ? NFT : LEGACY;
      reason = "it is set";
    } else if (nft.kubeletChain().isPresent() || legacy.kubeletChain().isPresent()) {
      backend = nft.kubeletChain().isPresent() ? NFT : LEGACY;
      reason =
          "the kubelet's chain "
              + nft.kubeletChain().or(legacy::kubeletChain).orElseThrow()
              + " is there";
    } else if (nft.unreadable != null) {
      backend = NFT; // somebody's rules are there, or it could be read
      reason = "it is in use, but " + nft.unreadable.getMessage();
    } else {
      backend = legacy.foreignRules > nft.foreignRules ? LEGACY : NFT;
      reason = nft.foreignRules + " rules of others in nft, " + legacy.foreignRules + " in legacy";
    }
    return new Found(backend, reason, (backend == NFT ? legacy : nft).ours);
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
        // What we wrote must not decide where we write.
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
   * Returns what the back-end has of a family; empty where it cannot be run or the kernel lacks it.
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
