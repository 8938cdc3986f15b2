package io.netpol.bench;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.IptablesTools;
import java.io.IOException;
import java.util.List;

/** The bare tools with the options that the agent gives them. */
record Tools(BareTool shell, List<String> inside) {

  /** How long all payloads take one after the other, in milliseconds. */
  double run(List<Expected.Payload> payloads) throws IOException {
    double sum = 0;
    for (Expected.Payload payload : payloads) {
      sum += shell.run(command(payload.tool()), payload.text());
    }
    return sum;
  }

  private List<String> command(KernelTool tool) {
    return tool == IptablesTools.IPSET
        ? Sandbox.words(inside, "ipset", "-exist", "restore")
        : Sandbox.words(inside, tool.id() + "-nft-restore", "--noflush", "--wait", "10");
  }
}
