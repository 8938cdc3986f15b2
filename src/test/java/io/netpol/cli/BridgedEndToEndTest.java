package io.netpol.cli;

import io.netpol.lab.LabPlan;

/** Pods on a bridge, legacy, one rule for each peer. */
class BridgedEndToEndTest extends EndToEnd {
  BridgedEndToEndTest() {
    super(LabPlan.Wiring.BRIDGED, "legacy", "rules");
  }
}
