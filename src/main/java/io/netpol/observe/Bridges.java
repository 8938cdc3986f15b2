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
 * The bridges of this node, and whether packets between pods on one bridge reach the rules: the
 * kernel passes them by iptables unless {@code net.bridge.bridge-nf-call-iptables} is 1.
 */
public final class Bridges {

  /** A bridge with one pod has nobody to pass packets to but the node. */
  private static final int NEIGHBOURS = 2;

  private final Path devices;
  private final Path settings;

  /** Those of the network namespace that this process is in. */
  public Bridges() {
    this(Path.of("/sys/class/net"), Path.of("/proc/sys/net/bridge"));
  }

  Bridges(Path devices, Path settings) {
    this.devices = devices;
    this.settings = settings;
  }

  /** The names of bridges on which there are several devices; empty where none can be read. */
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

  /** Whether br_netfilter is loaded, without which no packet on a bridge meets a rule. */
  public boolean areFiltered() {
    return Files.exists(settings);
  }

  /** The families whose packets on a bridge iptables does not see; also without br_netfilter. */
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
        // Nobody knows; nothing is said that may be wrong.
      }
    }
    return unfiltered;
  }

  /** The name of the kernel's setting of a family. */
  static String setting(Family family) {
    return family == Family.IPV4 ? "bridge-nf-call-iptables" : "bridge-nf-call-ip6tables";
  }
}
