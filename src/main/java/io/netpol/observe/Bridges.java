package io.netpol.observe;

import io.netpol.net.Family;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Lists the bridges of this node, and tells whether packets between pods on one bridge reach the
 * rules: they bypass iptables unless {@code net.bridge.bridge-nf-call-iptables} is 1 (<a
 * href="https://docs.kernel.org/networking/ip-sysctl.html#proc-sys-net-bridge-variables">ip-sysctl</a>).
 */
public final class Bridges {

  /** Devices from which on a bridge forwards packets between pods. */
  private static final int NEIGHBOURS = 2;

  private final Path devices;
  private final Path settings;

  /** Lists the bridges of this process's network namespace. */
  public Bridges() {
    this(Path.of("/sys/class/net"), Path.of("/proc/sys/net/bridge"));
  }

  /**
   * Lists the bridges below folders like {@code /sys/class/net} and {@code /proc/sys/net/bridge}.
   */
  public Bridges(Path devices, Path settings) {
    this.devices = devices;
    this.settings = settings;
  }

  /** Returns the names of bridges with several devices; empty if they cannot be read. */
  public Set<String> shared() {
    Set<String> names = new TreeSet<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(devices)) {
      for (Path device : all) {
        String[] ports = device.resolve("brif").toFile().list();
        if (ports != null && ports.length >= NEIGHBOURS) {
          names.add(device.getFileName().toString());
        }
      }
    } catch (IOException e) {
      return Set.of();
    }
    return names;
  }

  /** Returns whether br_netfilter is loaded, without which bridged packets bypass all rules. */
  public boolean areFiltered() {
    return Files.exists(settings);
  }

  /** Returns the families whose bridged packets bypass iptables; all without br_netfilter. */
  public Set<Family> unfiltered() {
    Set<Family> unfiltered = EnumSet.noneOf(Family.class);
    for (Family family : Family.values()) {
      try {
        if (!Files.readString(settings.resolve(setting(family))).trim().equals("1")) {
          unfiltered.add(family);
        }
      } catch (NoSuchFileException e) {
        unfiltered.add(family);
      } catch (IOException e) {
        // Unknown: a wrong warning is worse than none.
      }
    }
    return unfiltered;
  }

  /** Returns the name of a family's kernel setting. */
  public static String setting(Family family) {
    return family == Family.IPV4 ? "bridge-nf-call-iptables" : "bridge-nf-call-ip6tables";
  }
}
