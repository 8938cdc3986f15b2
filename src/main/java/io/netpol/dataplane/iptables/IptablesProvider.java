package io.netpol.dataplane.iptables;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.DataplaneProvider;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ToolCommands;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Makes the dataplane of iptables and ipset. */
public final class IptablesProvider implements DataplaneProvider {

  private static final String AUTO = "auto";
  private static final String TABLE = "-t filter";

  @Override
  public List<String> backends() {
    return Stream.of(Backend.Choice.values())
        .map(choice -> choice.name().toLowerCase(Locale.ROOT))
        .toList();
  }

  @Override
  public Dataplane create(Cluster cluster, RenderOptions options) {
    return IptablesDataplane.unread(cluster, options);
  }

  @Override
  public ToolCommands commands(UnaryOperator<String> settings, Set<Family> families) {
    Found found = new Found(settings);
    Map<String, String> lines = new HashMap<>();
    String options = " --noflush --wait " + settings.apply("netpol.lock-wait-seconds");
    List<String> warnings = new ArrayList<>();
    for (Family family : Family.values()) {
      KernelTool tool = IptablesTools.of(family);
      String restore = found.restore(tool);
      String save = restore.substring(0, restore.length() - "restore".length()) + "save ";
      lines.put(tool.id() + ".write", restore + options);
      lines.put(tool.id() + ".read", save + TABLE);
      lines.put(tool.id() + ".count", save + "-c " + TABLE);
      String left =
          families.contains(family) ? null : UnmanagedFamilyCheck.warning(family, save + TABLE);
      if (left != null) {
        warnings.add(left);
      }
    }
    String ipset = settings.apply("netpol.command.ipset");
    lines.put(IptablesTools.IPSET.id() + ".write", ipset + " -exist restore");
    lines.put(IptablesTools.IPSET.id() + ".read", ipset + " save");
    List<String> told = new ArrayList<>();
    if (found.backend != null) {
      told.add("iptables back-end is " + found.backend.backend() + ": " + found.backend.reason());
      if (found.backend.oursInOther()) {
        warnings.add(
            0,
            "chains of an earlier run are in the other iptables back-end too, and filter as well:"
                + " stop the agent, run `netpol cleanup`, and start it again");
      }
    }
    return new ToolCommands(lines, told, warnings);
  }

  /** The commands of iptables-restore, as they are set or found. */
  private static final class Found {
    private final UnaryOperator<String> settings;
    private Backend.Found backend;

    Found(UnaryOperator<String> settings) {
      this.settings = settings;
    }

    String restore(KernelTool tool) {
      String command = set(tool);
      if (!command.equals(AUTO)) {
        return command;
      }
      // Rules of the two families in two back-ends would be a host that mixes them.
      return Stream.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)
          .map(this::set)
          .flatMap(other -> Backend.namedBy(other).stream())
          .findFirst()
          .orElseGet(this::ofHost)
          .restoreCommand(tool);
    }

    private String set(KernelTool tool) {
      return settings.apply("netpol.command." + tool.id() + "-restore");
    }

    private Backend ofHost() {
      if (backend == null) {
        String name = settings.apply("netpol.backend");
        backend = Backend.find(RenderOptions.choice(Backend.Choice.class, name).orElseThrow());
      }
      return backend.backend();
    }
  }
}
