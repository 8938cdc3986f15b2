package io.netpol.lab;

import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds out whether this machine can run a lab, by looking and by trying. */
final class LabRequirements {
  private LabRequirements() {}

  /** Returns the first thing that is missing, in one sentence. */
  static Optional<String> missing() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of("network namespaces need Linux");
    }
    try {
      if (!isRoot()) {
        return Optional.of("network namespaces need root");
      }
    } catch (IOException e) {
      return Optional.of("cannot read /proc/self/status: " + e.getMessage());
    }
    for (String tool : List.of("ip", "iptables", "ip6tables", "ipset")) {
      if (!onPath(tool)) {
        return Optional.of("the command " + tool + " is not installed");
      }
    }
    if (!hasJna()) {
      return Optional.of("the library JNA is not on the class path");
    }
    if (!hasIpv6()) {
      return Optional.of(
          "this JVM has no IPv6; before it starts, the loopback interface needs it"
              + " (sysctl net.ipv6.conf.lo.disable_ipv6=0)");
    }
    if (!Files.exists(Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables"))) {
      return Optional.of("iptables doesn't see bridged packets (modprobe br_netfilter)");
    }
    return tryNamespace();
  }

  private static boolean isRoot() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      // Uid: real, effective, saved, file system
      return lines.anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*"));
    }
  }

  private static boolean onPath(String tool) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of(path.split(File.pathSeparator))
        .anyMatch(directory -> new File(directory, tool).canExecute());
  }

  private static boolean hasJna() {
    try {
      Class.forName("com.sun.jna.Native");
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  private static boolean hasIpv6() {
    try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET6)) {
      return channel.isOpen();
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private static Optional<String> tryNamespace() {
    String name = Namespaces.newPrefix() + "try";
    try {
      Namespaces.create(List.of(name));
      new NamespaceThread(name).close();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("cannot make a network namespace: " + e.getMessage().strip());
    } finally {
      try {
        Namespaces.delete(List.of(name));
      } catch (IOException e) {
        System.err.println("cannot delete network namespace " + name + ": " + e.getMessage());
      }
    }
  }
}
