package io.netpol.cli;

import io.netpol.lab.LabNetwork;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/** Makes the settings that an agent under test needs: its own routes, and a free port. */
final class AgentSettings {

  private AgentSettings() {}

  /**
   * Returns settings that may be changed.
   *
   * @param node the name of the node in the API
   * @param letters the folder of dead letters
   * @param tools the commands that stand for those of the kernel
   */
  static Map<Setting, String> of(String node, Path letters, Map<Setting, String> tools)
      throws IOException {
    Map<Setting, String> settings = new EnumMap<>(Setting.class);
    settings.putAll(tools);
    settings.put(Setting.NODE, node);
    settings.put(Setting.ROUTES, Path.of("routes").toAbsolutePath().toString());
    settings.put(Setting.DEAD_LETTERS, letters.toString());
    try (ServerSocket socket = new ServerSocket(0)) {
      settings.put(Setting.HTTP_PORT, Integer.toString(socket.getLocalPort()));
    }
    return settings;
  }

  /** Returns the commands of the kernel inside a member of a lab. */
  static Map<Setting, String> inside(LabNetwork lab, String member, String backend) {
    String in = lab.inside(member);
    return Map.of(
        Setting.COMMAND_IPSET, in + "ipset",
        Setting.COMMAND_CONNTRACK, in + "conntrack",
        Setting.COMMAND_IP, in + "ip",
        Setting.COMMAND_BRIDGE, in + "bridge",
        Setting.COMMAND_IPTABLES, in + "iptables-" + backend + "-restore",
        Setting.COMMAND_IP6TABLES, in + "ip6tables-" + backend + "-restore");
  }
}
