package io.netpol.route.settings;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Lists every setting: a property in {@code conf/netpol.properties}, or an environment variable,
 * which wins. Times are in milliseconds unless the name says otherwise.
 */
public enum Setting {
  NODE(
      "netpol.node",
      "",
      "Name of the node that the agent runs on, as in spec.nodeName of its pod."),
  KUBECONFIG(
      "netpol.kubeconfig",
      "",
      "Path of a kubeconfig file. Empty: KUBECONFIG or ~/.kube/config, or else the service"
          + " account of the pod."),
  LIST_TIMEOUT(
      "netpol.list.timeout",
      "60000",
      "How long the API server may send nothing in the middle of a list."),
  WATCH_SILENCE(
      "netpol.watch.silence",
      "120000",
      "How long an open watch may stay silent before the agent opens it again. API servers send"
          + " a bookmark every minute."),
  CACHE_MAX_STALENESS(
      "netpol.cache.max-staleness",
      "netpol.view.max-age",
      "300000",
      "How stale the cache of API objects may become before readiness goes down. The rules stay"
          + " as they are."),
  BATCH_INTERVAL(
      "netpol.batch.interval",
      "netpol.window",
      "5",
      "How often pending pods and address sets are completed and join a batch, in milliseconds."),
  BATCH_INTERVAL_MAX(
      "netpol.batch.interval.max",
      "netpol.window.most",
      "500",
      "Longest wait between two syncs under load, in milliseconds. After a sync the agent batches for"
          + " as long as that sync took, within this limit."),
  PEERS(
      "netpol.peers",
      "ipset",
      "How rules match peers: ipset (sets of addresses) or rules (one rule for each peer)."),
  ALLOWED(
      "netpol.allowed",
      "return",
      "How to treat packets of isolated pods that policies allow: return (the other rules of the"
          + " host decide, as if no policy existed) or accept (they skip the other rules of the"
          + " host)."),
  DENIED("netpol.denied", "drop", "How to treat denied packets: drop or reject."),
  LOG("netpol.log", "off", "Where to log denied packets: off, log (kernel log) or nflog."),
  LOG_GROUP("netpol.log.group", "0", "The NFLOG group, 0 to 65535."),
  LOG_PER_MINUTE(
      "netpol.log.per-minute",
      "10",
      "Maximum number of denied packets to log per minute, for each pod and direction."),
  LOG_PREFIX(
      "netpol.log.prefix",
      "netpol",
      "Prefix of each log line. The direction and the pod follow. If the name of the pod is too"
          + " long, the line has a number sign and six characters, which are also in the names of"
          + " its chains."),
  DEFAULT_ISOLATION(
      "netpol.default-isolation",
      "net.defaultIsolation",
      "off",
      "Which pods to isolate in directions for which no policy selects them: off (none),"
          + " namespace (pods of namespaces whose annotation netpol.io/default-isolation is ingress,"
          + " egress or both) or node (all pods)."),
  AUDIT(
      "netpol.audit",
      "off",
      "Whether all policies on this node are in audit mode: on (the agent denies nothing; it"
          + " counts the traffic that policies would deny and, depending on netpol.log, logs it) or"
          + " off (only policies with the annotation netpol.io/audit: \"true\" are in audit mode)."),
  UNPROGRAMMED(
      "netpol.unprogrammed",
      "allow",
      "How to treat traffic of pods on this node whose rules are not programmed yet: allow, or drop"
          + " (every address in the pod ranges of this node that no programmed pod has is closed)."),
  BRIDGE(
      "netpol.bridge",
      "auto",
      "Whether link-local, multicast and broadcast packets between the ports of a bridge obey"
          + " isolation: auto (if br_netfilter is loaded), on or off."),
  BRIDGE_ADVERTISEMENTS(
      "netpol.bridge.router-advertisements",
      "drop",
      "How to treat router advertisements and redirects that arrive from the bridge port of a"
          + " Pod: drop (while this node has rules) or allow."),
  TERMINATE_CONNECTIONS(
      "netpol.terminate-connections",
      "netpol.cut",
      "off",
      "How to treat established connections that a change of policies no longer allows: off"
          + " (they continue until they end) or on (the agent terminates exactly these connections"
          + " with conntrack)."),
  FAMILIES(
      "netpol.families",
      "auto",
      "Address families: auto (IPv4, and IPv6 if the kernel has it), ipv4, ipv6 or ipv4,ipv6."),
  BACKEND(
      "netpol.backend",
      "auto",
      "Back-end: auto (the one that has rules of the agent, or that the host uses), iptables-nft,"
          + " iptables-legacy or nftables."),
  NFTABLES_PRIORITY(
      "netpol.nftables.priority",
      "-10",
      "Priority of the base chains with the back-end nftables; lower comes first. Filter chains of"
          + " kube-proxy have 0, those of firewalld 10."),
  COMMAND_NFT(
      "netpol.command.nft",
      "auto",
      "Command that runs nft, including arguments. auto: nft, where the agent runs ipset."),
  COMMAND_IPSET("netpol.command.ipset", "ipset", "Command that runs ipset, including arguments."),
  COMMAND_IPTABLES(
      "netpol.command.iptables-restore",
      "auto",
      "Command that runs iptables-restore, such as 'ip netns exec NODE iptables-nft-restore'."
          + " auto: depends on the back-end. The agent expects iptables-save beside it."),
  COMMAND_IP6TABLES(
      "netpol.command.ip6tables-restore",
      "auto",
      "Command that runs ip6tables-restore; see netpol.command.iptables-restore."),
  COMMAND_CONNTRACK(
      "netpol.command.conntrack", "conntrack", "Command that runs conntrack, including arguments."),
  COMMAND_IP(
      "netpol.command.ip",
      "ip",
      "Command that runs ip, including arguments. The agent uses it to find the Pod of a bridge"
          + " port."),
  COMMAND_BRIDGE(
      "netpol.command.bridge", "bridge", "Command that runs bridge, including arguments."),
  COMMAND_TIMEOUT("netpol.command.timeout", "30000", "How long a command may take."),
  LOCK_WAIT_SECONDS(
      "netpol.lock-wait-seconds",
      "10",
      "How long iptables waits for a lock that another process holds, in seconds."),
  RETRY_DELAY(
      "netpol.retry.delay",
      "200",
      "Delay before the agent retries a failed sync. It doubles with each retry."),
  RETRY_INTERVAL(
      "netpol.retry.interval",
      "10000",
      "How often the agent retries the changes in the dead letters."),
  RESYNC_INTERVAL(
      "netpol.resync.interval",
      "60000",
      "How often the agent reads the kernel and compares it with the desired state."),
  LINT_INTERVAL(
      "netpol.lint.interval",
      "300000",
      "How often the agent checks policies for probable mistakes. Findings go to its log."),
  CHECK_DELAY(
      "netpol.check.delay",
      "5000",
      "How soon after a write the agent reads the kernel to check the result."),
  DEAD_LETTERS(
      "netpol.dead-letters",
      "/var/lib/camel-netpol/dead-letters",
      "Folder of the dead letters: one JSON file for each payload that the kernel refused."),
  DEAD_LETTERS_FILES(
      "netpol.dead-letters.files",
      "500",
      "Maximum number of dead letters. The agent removes those whose last failure is the oldest."),
  DEAD_LETTERS_KIB(
      "netpol.dead-letters.kib",
      "16384",
      "Maximum total size of the dead letters, in KiB. The agent removes those whose last"
          + " failure is the oldest."),
  DEAD_LETTERS_PAYLOAD_CHARS(
      "netpol.dead-letters.payload-chars",
      "20000",
      "Maximum length of the payload in a dead letter, in characters. Of a longer payload the"
          + " letter keeps the lines around the failing line."),
  EVENTS(
      "netpol.events",
      "on",
      "Whether Kubernetes Events on pods and policies report what could not be applied: on or"
          + " off."),
  NOTICES_SPEC(
      "netpol.notices.spec",
      "off",
      "Whether notices of policies have the spec of the policy: on or off."),
  ROUTES("netpol.routes", "", "Folder of the routes. Empty: routes/ of the distribution."),
  ROUTES_RELOAD(
      "netpol.routes.reload",
      "off",
      "Whether the agent reloads edited route files while it runs: on or off. It refuses an edit"
          + " that cannot run, and readiness goes down."),
  CAMEL_METRICS(
      "netpol.camel-metrics",
      "off",
      "Whether the agent keeps Camel's own meters of routes and exchanges: on or off. They cost more"
          + " than the way of an event."),
  COUNTERS(
      "netpol.counters",
      "off",
      "Whether metrics count denied and allowed packets and bytes: on or off."),
  COUNTERS_INTERVAL(
      "netpol.counters.interval",
      "15000",
      "How often the agent reads the counters of its rules for these metrics."),
  AGENT_LOG("netpol.agent-log", "text", "Format of the agent's own log on stderr: text or json."),
  HTTP_HOST(
      "netpol.http.host", "127.0.0.1", "Address on which the agent serves health and metrics."),
  HTTP_PORT("netpol.http.port", "9876", "Port on which the agent serves health and metrics.");

  private final String property;
  private final String formerProperty;
  private final String defaultValue;
  private final String meaning;

  Setting(String property, String defaultValue, String meaning) {
    this(property, null, defaultValue, meaning);
  }

  Setting(String property, String formerProperty, String defaultValue, String meaning) {
    this.property = property;
    this.formerProperty = formerProperty;
    this.defaultValue = defaultValue;
    this.meaning = meaning;
  }

  /** Finds the setting that a property sets; empty without one. */
  public static Optional<Setting> named(String property) {
    return Stream.of(values()).filter(each -> each.property.equals(property)).findFirst();
  }

  /** Returns the name of the property, which is also the placeholder in routes. */
  public String property() {
    return property;
  }

  /** Returns the property's name in earlier versions; null if it was the same. */
  public String formerProperty() {
    return formerProperty;
  }

  /** Returns the name of the environment variable: upper case, with underscores. */
  public String variable() {
    return variable(property);
  }

  /** Returns the variable's name in earlier versions; null if it was the same. */
  public String formerVariable() {
    return formerProperty == null ? null : variable(formerProperty);
  }

  private static String variable(String property) {
    return property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** Returns the default value; empty if there is none. */
  public String defaultValue() {
    return defaultValue;
  }

  /** Returns the description for the reference page. */
  public String meaning() {
    return meaning;
  }
}
