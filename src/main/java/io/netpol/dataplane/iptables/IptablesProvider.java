package io.netpol.dataplane.iptables;

import io.netpol.dataplane.CleanupOutcome;
import io.netpol.dataplane.Contradiction;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.DataplaneProvider;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.RenderedFile;
import io.netpol.dataplane.ToolCommands;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Makes the dataplane of iptables and ipset, and serves the commands with it. */
public final class IptablesProvider implements DataplaneProvider {

  private static final String AUTO = "auto";
  private static final String TABLE = "-t filter";
  private static final String BACKEND = "netpol.backend";
  private static final String LOCK_WAIT = "netpol.lock-wait-seconds";
  private static final String TIMEOUT = "netpol.command.timeout";
  private static final String IPSET_COMMAND = "netpol.command.ipset";

  /** A tool that reads its input, does nothing, and prints that the kernel has nothing. */
  private static final String IDLE = "cat >/dev/null\n";

  private static final String IDLE_SAVE = IDLE + "printf '*filter\\nCOMMIT\\n'\n";

  @Override
  public List<String> backends() {
    return Stream.of(Backend.Choice.values())
        .map(choice -> choice.name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .toList();
  }

  @Override
  public boolean hasRules(UnaryOperator<String> settings) {
    return Backend.hasOurs();
  }

  @Override
  public List<KernelTool> tools() {
    return IptablesTools.ALL;
  }

  @Override
  public Dataplane create(Cluster cluster, RenderOptions options) {
    return IptablesDataplane.unread(cluster, options);
  }

  @Override
  public ToolCommands commands(UnaryOperator<String> settings, Set<Family> families) {
    Found found = new Found(settings);
    Map<String, String> lines = new HashMap<>();
    String options = " --noflush --wait " + settings.apply(LOCK_WAIT);
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
    String ipset = settings.apply(IPSET_COMMAND);
    lines.put(IptablesTools.IPSET.id() + ".write", ipset + " -exist restore");
    lines.put(IptablesTools.IPSET.id() + ".read", ipset + " save");
    lines.put(IptablesTools.IPSET_SUMMARY.id() + ".read", ipset + " list -terse");
    List<String> findings = new ArrayList<>();
    if (found.backend != null) {
      findings.add(
          "iptables back-end is " + found.backend.backend() + ": " + found.backend.reason());
      if (found.backend.oursInOther()) {
        warnings.add(
            0,
            "chains of an earlier run are in the other iptables back-end too, and filter as well:"
                + " stop the agent, run `netpol cleanup`, and start it again");
      }
    }
    return new ToolCommands(lines, findings, warnings);
  }

  @Override
  public List<Contradiction> contradictions(UnaryOperator<String> settings) {
    List<Contradiction> found = new ArrayList<>();
    Optional<Backend> iptables = named(settings, IptablesTools.IPTABLES);
    Optional<Backend> ip6tables = named(settings, IptablesTools.IP6TABLES);
    if (iptables.isPresent() && ip6tables.isPresent() && !iptables.equals(ip6tables)) {
      found.add(
          new Contradiction(
              restoreSetting(IptablesTools.IPTABLES),
              restoreSetting(IptablesTools.IP6TABLES),
              "these are commands of two back-ends",
              "name those of the one that the host uses"));
    }
    Backend.Choice choice = choice(settings);
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      Optional<Backend> named = named(settings, tool);
      if (choice.backend().isPresent() && named.isPresent() && !named.equals(choice.backend())) {
        found.add(
            new Contradiction(
                BACKEND,
                restoreSetting(tool),
                "the command is of the other back-end",
                "set one of the two to " + AUTO));
      }
    }
    return found;
  }

  @Override
  public List<RenderedFile> render(Cluster cluster, RenderOptions options) {
    return RestoreFiles.of(cluster, options).files();
  }

  @Override
  public List<RenderedFile> renderRepeatable(Cluster cluster, RenderOptions options) {
    return RestoreFiles.of(cluster, options).repeatable(options).files();
  }

  @Override
  public CleanupOutcome cleanup(
      UnaryOperator<String> settings, boolean dryRun, Consumer<String> out, Consumer<String> err)
      throws IOException {
    Set<List<String>> restores = new LinkedHashSet<>();
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      restores.addAll(Cleanup.restores(tool, settings.apply(restoreSetting(tool))));
    }
    return new Cleanup(
            List.copyOf(restores),
            Cleanup.words(settings.apply(IPSET_COMMAND)),
            Duration.ofMillis(Long.parseLong(settings.apply(TIMEOUT))),
            Integer.parseInt(settings.apply(LOCK_WAIT)),
            out,
            err)
        .run(dryRun);
  }

  @Override
  public Map<String, String> writeIdleTools(Path folder) throws IOException {
    String command = "sh " + folder + "/";
    Map<String, String> settings = new HashMap<>();
    Files.writeString(folder.resolve("ipset"), IDLE);
    settings.put(IPSET_COMMAND, command + "ipset");
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      Files.writeString(folder.resolve(tool.id() + "-restore"), IDLE);
      Files.writeString(folder.resolve(tool.id() + "-save"), IDLE_SAVE);
      settings.put(restoreSetting(tool), command + tool.id() + "-restore");
    }
    return settings;
  }

  private static String restoreSetting(KernelTool tool) {
    return "netpol.command." + tool.id() + "-restore";
  }

  private static Optional<Backend> named(UnaryOperator<String> settings, KernelTool tool) {
    return Backend.namedBy(settings.apply(restoreSetting(tool)));
  }

  private static Backend.Choice choice(UnaryOperator<String> settings) {
    return RenderOptions.choice(Backend.Choice.class, settings.apply(BACKEND)).orElseThrow();
  }

  /** Reads the commands of iptables-restore from the settings, or finds them on the host. */
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
      return settings.apply(restoreSetting(tool));
    }

    private Backend ofHost() {
      if (backend == null) {
        backend = Backend.find(choice(settings));
      }
      return backend.backend();
    }
  }
}
