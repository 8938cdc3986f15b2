package io.netpol.cli;

import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Programs in the place of ipset and iptables that write down what they are given. */
final class FakeTools {

  private static final String SCRIPT =
      """
      #!/bin/sh
      payload=$(cat)
      case "$0 $*" in *tables-save*) printf '*filter\\nCOMMIT\\n'; exit 0 ;; *save*|*list*) exit 0 ;; esac
      if [ -s "%1$s/poison" ] && printf '%%s' "$payload" | grep -qF -f "%1$s/poison"; then
        line=$(printf '%%s\\n' "$payload" | grep -nF -f "%1$s/poison" | head -n 1 | cut -d: -f1)
        echo "Error occurred at line: $line" >&2
        exit 2
      fi
      printf '# %%s\\n%%s\\n' "$(basename "$0")" "$payload" >> "%1$s/delivered"
      """;

  /** A node without connections. */
  private static final String CONNTRACK =
      """
      #!/bin/sh
      echo 'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been shown.' >&2
      """;

  private final Path folder;

  FakeTools(Path folder) throws IOException {
    this.folder = folder;
    for (String tool :
        List.of(
            "ipset", "iptables-restore", "iptables-save", "ip6tables-restore", "ip6tables-save")) {
      Path script = folder.resolve(tool);
      Files.writeString(script, SCRIPT.formatted(folder));
      script.toFile().setExecutable(true);
    }
    Path conntrack = Files.writeString(folder.resolve("no-connections-conntrack"), CONNTRACK);
    conntrack.toFile().setExecutable(true);
    // A node without bridges, whatever the machine of the test has.
    Path ip = folder.resolve("ip");
    Files.writeString(ip, "#!/bin/sh\necho '[{\"ifname\":\"lo\"}]'\n");
    ip.toFile().setExecutable(true);
  }

  Map<Setting, String> settings() {
    Map<Setting, String> settings = new EnumMap<>(Setting.class);
    settings.put(Setting.COMMAND_IPSET, folder.resolve("ipset").toString());
    settings.put(Setting.COMMAND_CONNTRACK, folder.resolve("no-connections-conntrack").toString());
    settings.put(Setting.COMMAND_IPTABLES, folder.resolve("iptables-restore").toString());
    settings.put(Setting.COMMAND_IP6TABLES, folder.resolve("ip6tables-restore").toString());
    settings.put(Setting.COMMAND_IP, folder.resolve("ip").toString());
    settings.put(Setting.BRIDGE, "on");
    // These print no state back: each check would find all gone.
    settings.put(Setting.CHECK_DELAY, "3600000");
    return settings;
  }

  /** From now on payloads with this text are refused; empty refuses none. */
  void poison(String text) throws IOException {
    Files.writeString(folder.resolve("poison"), text.isEmpty() ? "" : text + "\n");
  }

  /** All payloads that were taken, each after a line with the tool's name. */
  String delivered() throws IOException {
    try {
      return Files.readString(folder.resolve("delivered"));
    } catch (NoSuchFileException e) {
      return "";
    }
  }
}
