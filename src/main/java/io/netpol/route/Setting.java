package io.netpol.route;

import java.util.Locale;

/**
 * Lists every setting: a property in {@code conf/netpol.properties}, or an environment variable,
 * which wins. Times are in milliseconds unless the name says otherwise.
 */
public enum Setting {
  NODE(
      "netpol.node",
      "",
      "Name of the node that the agent runs on, as in spec.nodeName of its pods."),
  KUBECONFIG(
      "netpol.kubeconfig",
      "",
      "Path of a kubeconfig file; empty: what KUBECONFIG or ~/.kube/config says, else the service"
          + " account of the pod."),
  LIST_TIMEOUT(
      "netpol.list.timeout", "60000", "How long the API server may take for one page of a list."),
  WATCH_SILENCE(
      "netpol.watch.silence",
      "120000",
      "How long an open watch may be silent before the agent opens it again; API servers send a"
          + " bookmark every minute."),
  CACHE_MAX_STALENESS(
      "netpol.cache.max-staleness",
      "netpol.view.max-age",
      "300000",
      "How stale the cache of API objects may be before readiness goes down; rules stay in force."),
  BATCH_INTERVAL(
      "netpol.batch.interval",
      "netpol.window",
      "5",
      "How long an idle agent batches events before a sync, in milliseconds."),
  BATCH_INTERVAL_MAX(
      "netpol.batch.interval.max",
      "netpol.window.most",
      "500",
      "Longest batch interval. After a sync, events are batched for as long as the sync took, within"
          + " these two limits."),
  PEERS("netpol.peers", "ipset", "How peers are written: ipset (sets) or rules (one rule each)."),
  ALLOWED(
      "netpol.allowed",
      "return",
      "What happens to packets of isolated pods that policies allow: return (the other rules of the"
          + " host decide, as if there were no policy) or accept (those rules do not see them)."),
  DENIED("netpol.denied", "drop", "What happens to denied packets: drop or reject."),
  LOG("netpol.log", "off", "Where denied packets are logged: off, log (kernel log) or nflog."),
  LOG_GROUP("netpol.log.group", "0", "The NFLOG group, 0 to 65535."),
  LOG_PER_MINUTE(
      "netpol.log.per-minute",
      "10",
      "Most denied packets logged a minute for one pod and direction."),
  LOG_PREFIX(
      "netpol.log.prefix",
      "netpol",
      "Start of each log line; the direction and the pod follow. If a pod's name does not fit, the"
          + " line has a number sign and six characters from the names of its chains instead."),
  DEFAULT_ISOLATION(
      "netpol.default-isolation",
      "net.defaultIsolation",
      "off",
      "Isolation of pods in directions for which no policy selects them: off, namespace (where the"
          + " annotation netpol.io/default-isolation is ingress, egress or both) or node (all)."),
  AUDIT(
      "netpol.audit",
      "off",
      "Whether all policies are in audit mode on this node: on (packets that policies would deny are"
          + " counted, logged as netpol.log says, and pass) or off (only policies with the annotation"
          + " netpol.io/audit: \"true\" are)."),
  UNPROGRAMMED(
      "netpol.unprogrammed",
      "allow",
      "How to treat traffic of Pods on this node whose rules are not programmed yet: allow or drop."
          + " drop also applies to addresses in this node's pod ranges that no Pod has."),
  BRIDGE(
      "netpol.bridge",
      "auto",
      "Whether link-local, multicast and broadcast packets between the ports of a bridge obey"
          + " isolation: auto (where br_netfilter is loaded), on or off."),
  BRIDGE_ADVERTISEMENTS(
      "netpol.bridge.router-advertisements",
      "drop",
      "Router advertisements and redirects from a Pod's bridge port: drop (while this node has rules)"
          + " or allow."),
  TERMINATE_CONNECTIONS(
      "netpol.terminate-connections",
      "netpol.cut",
      "off",
      "Established connections that a change of policies no longer allows: off (they continue) or on"
          + " (exactly these are terminated, with conntrack)."),
  FAMILIES(
      "netpol.families",
      "auto",
      "Address families: auto (IPv6 where the kernel has it), ipv4, ipv6 or ipv4,ipv6."),
  BACKEND(
      "netpol.backend",
      "auto",
      "iptables back-end: auto (the one that the host already uses), nft or legacy."),
  COMMAND_IPSET("netpol.command.ipset", "ipset", "Command that runs ipset, arguments included."),
  COMMAND_IPTABLES(
      "netpol.command.iptables-restore",
      "auto",
      "Command that runs iptables-restore, such as 'ip netns exec NODE iptables-nft-restore'; auto:"
          + " by back-end. iptables-save is found beside it."),
  COMMAND_IP6TABLES("netpol.command.ip6tables-restore", "auto", "The same for ip6tables-restore."),
  COMMAND_CONNTRACK(
      "netpol.command.conntrack", "conntrack", "Command that runs conntrack, arguments included."),
  COMMAND_IP(
      "netpol.command.ip",
      "ip",
      "Command that runs ip, arguments included; it finds the Pod of each bridge port."),
  COMMAND_BRIDGE(
      "netpol.command.bridge", "bridge", "Command that runs bridge, arguments included."),
  COMMAND_TIMEOUT("netpol.command.timeout", "30000", "How long a command may take."),
  LOCK_WAIT_SECONDS(
      "netpol.lock-wait-seconds",
      "10",
      "How long iptables waits for the lock of others, in seconds."),
  RETRY_DELAY(
      "netpol.retry.delay",
      "200",
      "Wait before a failed sync is tried again; doubled after each further failure."),
  RETRY_INTERVAL("netpol.retry.interval", "10000", "How often dead letters are tried again."),
  RESYNC_INTERVAL(
      "netpol.resync.interval",
      "60000",
      "How often the kernel is read and compared with the desired state."),
  LINT_INTERVAL(
      "netpol.lint.interval",
      "300000",
      "How often lint checks the policies for probable mistakes; findings go to the log."),
  CHECK_DELAY(
      "netpol.check.delay",
      "5000",
      "How soon after a write the kernel is read again to verify it."),
  DEAD_LETTERS(
      "netpol.dead-letters",
      "/var/lib/camel-netpol/dead-letters",
      "Folder of the dead letters: payloads that the kernel refused, one JSON file each."),
  DEAD_LETTERS_FILES(
      "netpol.dead-letters.files",
      "500",
      "Most dead letters kept; beyond that, those that failed longest ago are removed."),
  DEAD_LETTERS_KIB(
      "netpol.dead-letters.kib",
      "16384",
      "Most space for all dead letters, in KiB; beyond that, those that failed longest ago are"
          + " removed."),
  DEAD_LETTERS_PAYLOAD_CHARS(
      "netpol.dead-letters.payload-chars",
      "20000",
      "Longest payload in a dead letter, in characters; of a longer one the lines around the failing"
          + " line are kept."),
  EVENTS(
      "netpol.events",
      "on",
      "Whether Kubernetes Events on pods and policies report rules that could not be applied: on or"
          + " off."),
  ROUTES("netpol.routes", "", "Folder of the routes; empty: routes/ of the distribution."),
  ROUTES_RELOAD(
      "netpol.routes.reload",
      "off",
      "Whether the running agent loads edited route files: on or off. It refuses an edit that cannot"
          + " run, and readiness goes down."),
  COUNTERS(
      "netpol.counters",
      "off",
      "Whether metrics count denied and allowed packets and bytes: on or off."),
  COUNTERS_INTERVAL(
      "netpol.counters.interval",
      "15000",
      "How often the counters of the agent's rules are read for that."),
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
