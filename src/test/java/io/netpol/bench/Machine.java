package io.netpol.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where and with what a run was measured. */
final class Machine {

  private Machine() {}

  static Map<String, Object> describe(long seed, boolean brief, String javaOpts)
      throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("processors", Runtime.getRuntime().availableProcessors());
    all.put("processor", field(Path.of("/proc/cpuinfo"), "model name"));
    all.put("memory", field(Path.of("/proc/meminfo"), "MemTotal"));
    all.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    all.put("java", System.getProperty("java.runtime.version"));
    all.put("ipset", firstLine("ipset", "--version"));
    all.put("iptables", firstLine("iptables-nft-restore", "--version"));
    all.put("loadBefore", Files.readString(Path.of("/proc/loadavg")).trim());
    double busy = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    if (busy > 0.5) {
      System.err.printf("bench: the machine is busy with other things (load %.1f)%n", busy);
    }
    all.put("seed", seed);
    all.put("short", brief);
    all.put("javaOpts", javaOpts);
    return all;
  }

  private static String field(Path file, String name) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse("");
  }

  private static String firstLine(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return text.lines().findFirst().orElse("");
  }
}
