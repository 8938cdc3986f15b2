package io.netpol.route;

import java.util.Locale;

/**
 * Everything that can be set: by property in {@code conf/netpol.properties}, or by environment
 * variable, which wins. Times are in milliseconds unless the name says otherwise.
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
      "How long an open watch may bring nothing before it is opened anew; API servers send a"
          + " bookmark every minute."),
  CACHE_MAX_STALENESS(
      "netpol.cache.max-staleness",
      "netpol.view.max-age",
      "300000",
      "How stale what is known of the API server may grow before readiness goes down; rules stay as"
          + " they are."),
  BATCH_INTERVAL(
      "netpol.batch.interval",
      "netpol.window",
      "5",
      "How long events are gathered before a sync where the agent is idle, in milliseconds."),
  BATCH_INTERVAL_MAX(
      "netpol.batch.interval.max",
      "netpol.window.most",
      "500",
      "How long at most, once a sync is done: as long as that took, between the two."),
  PEERS("netpol.peers", "ipset", "How peers are written: ipset (sets) or rules (one rule each)."),
  ALLOWED(
      "netpol.allowed",
      "return",
      "What happens to packets of isolated pods that policies allow: return (the other rules of the"
          + " host decide, as if no policy were there) or accept (these rules do not see them)."),
  DENIED("netpol.denied", "drop", "What becomes of denied packets: drop or reject."),
  LOG("netpol.log", "off", "Where denied packets are logged: off, log (kernel log) or nflog."),
  LOG_GROUP("netpol.log.group", "0", "The NFLOG group, 0 to 65535."),
  LOG_PER_MINUTE(
      "netpol.log.per-minute",
      "10",
      "Most denied packets logged a minute for one pod and direction."),
  LOG_PREFIX(
      "netpol.log.prefix",
      "netpol",
      "Start of each log line; the direction and the pod follow. A pod whose name does not fit is a"
          + " number sign and six characters, as the names of its chains have them."),
  DEFAULT_ISOLATION(
      "netpol.default-isolation",
      "net.defaultIsolation",
      "off",
      "Isolation of pods in directions that no policy selects them for: off, namespace (where the"
          + " annotation netpol.io/default-isolation says ingress, egress or both) or node (all)."),
  AUDIT(
      "netpol.audit",
      "off",
      "Whether nothing is denied on this node: on (what policies would deny is counted and, as"
          + " netpol.log says, logged, and passes) or off (so it is for policies with the annotation"
          + " netpol.io/audit: \"true\" only)."),
  UNPROGRAMMED(
      "netpol.unprogrammed",
      "allow",
      "Packets of addresses in this node's pod ranges that no programmed pod has: allow, or drop (a"
          + " new pod is closed until its rules are there)."),
  BRIDGE(
      "netpol.bridge",
      "auto",
      "Whether link-local, multicast and broadcast packets between the ports of a bridge obey"
          + " isolation: auto (where br_netfilter is loaded), on or off."),
  BRIDGE_ADVERTISEMENTS(
      "netpol.bridge.router-advertisements",
      "drop",
      "Router advertisements and redirects that come in by a Pod's bridge port: drop (while this node"
          + " has rules) or allow."),
  TERMINATE_CONNECTIONS(
      "netpol.terminate-connections",
      "netpol.cut",
      "off",
      "Connections that a change of policies forbids: off (they live on until they end) or on (exactly"
          + " these are deleted, with conntrack)."),
  FAMILIES(
      "netpol.families",
      "auto",
      "Address families: auto (IPv6 where the kernel has it), ipv4, ipv6 or ipv4,ipv6."),
  BACKEND(
      "netpol.backend",
      "auto",
      "iptables back-end: auto (the one the host uses already), nft or legacy."),
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
      "Command that runs ip, arguments included; it tells which Pod a bridge port belongs to."),
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
      "Wait before a failed apply is tried again; doubled for each next time."),
  RETRY_INTERVAL(
      "netpol.retry.interval", "10000", "How often what is in the dead letters is tried again."),
  RESYNC_INTERVAL(
      "netpol.resync.interval",
      "60000",
      "How often the kernel is read and compared with what is wanted."),
  LINT_INTERVAL(
      "netpol.lint.interval",
      "300000",
      "How often policies are looked at for what is probably not meant; findings go to the log."),
  CHECK_DELAY(
      "netpol.check.delay",
      "5000",
      "How soon after a write the kernel is read to see that it holds."),
  DEAD_LETTERS(
      "netpol.dead-letters",
      "/var/lib/camel-netpol/dead-letters",
      "Folder of the dead letters: payloads that the kernel refused, one JSON file each."),
  DEAD_LETTERS_FILES(
      "netpol.dead-letters.files",
      "500",
      "Most dead letters kept; where there are more, those that failed longest ago go."),
  DEAD_LETTERS_KIB(
      "netpol.dead-letters.kib",
      "16384",
      "Most room that the dead letters take together, in KiB; where they take more, those that"
          + " failed longest ago go."),
  DEAD_LETTERS_PAYLOAD_CHARS(
      "netpol.dead-letters.payload-chars",
      "20000",
      "Longest payload in a dead letter, in characters; of a longer one the lines around the failing"
          + " line are kept."),
  EVENTS(
      "netpol.events",
      "on",
      "Whether Kubernetes Events on pods and policies say what could not be applied: on or off."),
  ROUTES("netpol.routes", "", "Folder of the routes; empty: routes/ of the distribution."),
  ROUTES_RELOAD(
      "netpol.routes.reload",
      "off",
      "Whether edits of route files are taken in while the agent runs: on or off. One that cannot be"
          + " run is refused, and readiness goes down."),
  COUNTERS(
      "netpol.counters",
      "off",
      "Whether metrics tell packets and bytes that were denied and allowed: on or off."),
  COUNTERS_INTERVAL(
      "netpol.counters.interval",
      "15000",
      "How often the counters of our rules are read for that."),
  AGENT_LOG(
      "netpol.agent-log", "text", "What the agent's own log on stderr looks like: text or json."),
  HTTP_HOST("netpol.http.host", "127.0.0.1", "Address that health and metrics answer on."),
  HTTP_PORT("netpol.http.port", "9876", "Port that health and metrics answer on.");

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

  /** The name of the property, also the placeholder in routes. */
  public String property() {
    return property;
  }

  /** The name of the property until the version before; null where it is the same. */
  public String formerProperty() {
    return formerProperty;
  }

  /** The name of the environment variable: upper case, with underscores. */
  public String variable() {
    return variable(property);
  }

  /** The name of the variable until the version before; null where it is the same. */
  public String formerVariable() {
    return formerProperty == null ? null : variable(formerProperty);
  }

  private static String variable(String property) {
    return property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The value where nothing is set; empty where there is none. */
  public String defaultValue() {
    return defaultValue;
  }

  /** One sentence for the reference. */
  public String meaning() {
    return meaning;
  }
}
