package io.netpol.cli;

import io.netpol.lab.LabPlan;

/** Pods behind routes, nft, peers as sets. */
class RoutedEndToEndTest extends EndToEnd {
  RoutedEndToEndTest() {
    super(LabPlan.Wiring.ROUTED, "nft", "ipset");
  }
}
