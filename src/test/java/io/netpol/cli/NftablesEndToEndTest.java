package io.netpol.cli;

import io.netpol.lab.LabPlan;

/** Pods behind routes, nft, peers as sets. */
class NftablesEndToEndTest extends EndToEnd {
  NftablesEndToEndTest() {
    super(LabPlan.Wiring.ROUTED, "nftables", "ipset");
  }
}
