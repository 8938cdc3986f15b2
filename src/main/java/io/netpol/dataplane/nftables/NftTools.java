package io.netpol.dataplane.nftables;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.net.Family;
import java.util.List;
import java.util.Set;

/** Lists the tools of this back-end: nft for everything. */
final class NftTools {

  /** The tool that reads and writes the table. */
  static final KernelTool NFT =
      new KernelTool(
          "nft",
          0,
          Set.of(Family.values()),
          Set.of(Stage.SETS, Stage.CHAINS, Stage.GARBAGE),
          false);

  /** The tool that lists the table without the elements of sets and maps. */
  static final KernelTool SUMMARY =
      new KernelTool("nft-summary", 0, Set.of(Family.values()), Set.of(), false);

  static final List<KernelTool> ALL = List.of(NFT);

  /** The table, as commands name it. */
  static final String TABLE = "inet netpol";

  private NftTools() {}
}
