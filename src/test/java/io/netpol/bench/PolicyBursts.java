package io.netpol.bench;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Very many policies of local pods change at once, as when somebody applies a folder. */
final class PolicyBursts {

  /** Waits for rules with all of these ports. */
  private record PortsSeen(Set<String> missing) implements Predicate<String> {
    private static final Pattern PORTS = Pattern.compile("dport (?:(\\d+)|\\{ ([^}]*) \\})");

    @Override
    public boolean test(String rule) {
      Matcher ports = PORTS.matcher(rule);
      while (ports.find()) {
        if (ports.group(2) == null) {
          missing.remove(ports.group(1));
        } else {
          List.of(ports.group(2).split(", ")).forEach(missing::remove);
        }
      }
      return missing.isEmpty();
    }
  }

  private final EventLatencies events;
  private final Rig rig;

  PolicyBursts(Rig rig, BareTool shell) {
    this.rig = rig;
    this.events = new EventLatencies(rig, shell);
  }

  /** From the last write until the kernel has it all. */
  Sized run(int policies, int runs) throws Exception {
    EventLatencies.Measured measured = EventLatencies.Measured.none();
    for (int run = 0; run < runs; run++) {
      List<NetworkPolicy> changed = new ArrayList<>();
      Set<String> ports = new HashSet<>();
      for (NetworkPolicy policy : rig.load.policies().subList(0, policies)) {
        int port = events.nextPort();
        ports.add(Integer.toString(port));
        changed.add(EventLatencies.withPort(policy, port));
      }
      List<Expected.Payload> payloads = rig.expected.putAndDeliver(changed);
      int log = rig.agent.logSize();
      CompletableFuture<Long> committed = rig.chains().committed(new PortsSeen(ports));
      long sent = 0;
      for (NetworkPolicy policy : changed) {
        sent = rig.server.modified(policy).get();
      }
      events.note(measured, sent, events.await(committed, payloads), payloads, log);
    }
    String size = "%,d policies".formatted(policies);
    return Sized.of(size, size + " change at once", measured);
  }
}
