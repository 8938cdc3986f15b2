package io.netpol.dataplane.render;

import io.netpol.net.Family;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Holds the settings that affect rules.
 *
 * @param families the address families to program
 * @param peers how peers are matched
 * @param accept the action for a packet that policies allow
 * @param deny the action for a packet that policies deny
 * @param log how denied packets are logged
 * @param unprogrammed the action for packets of pods on this node whose rules are not programmed
 *     yet
 * @param bridge how packets between bridge ports are filtered
 * @param priority the priority of base chains among those of other tables, in kernels that have
 *     such (nft(8), HOOKS); the lower comes first
 */
public record RenderOptions(
    Set<Family> families,
    PeerForm peers,
    Accept accept,
    Deny deny,
    Log log,
    Unprogrammed unprogrammed,
    Bridge bridge,
    int priority) {

  /** The default priority: before the filter chains of kube-proxy, 0, and firewalld, 10. */
  public static final int PRIORITY = -10;

  /** The defaults. */
  public static final RenderOptions DEFAULT =
      new RenderOptions(
          Set.of(Family.values()),
          PeerForm.IPSET,
          Accept.RETURN,
          Deny.DROP,
          Log.OFF,
          Unprogrammed.ALLOW);

  /** Makes options with the defaults for bridge ports. */
  public RenderOptions(
      Set<Family> families,
      PeerForm peers,
      Accept accept,
      Deny deny,
      Log log,
      Unprogrammed unprogrammed) {
    this(families, peers, accept, deny, log, unprogrammed, Bridge.DEFAULT);
  }

  /** Makes options with the default priority. */
  public RenderOptions(
      Set<Family> families,
      PeerForm peers,
      Accept accept,
      Deny deny,
      Log log,
      Unprogrammed unprogrammed,
      Bridge bridge) {
    this(families, peers, accept, deny, log, unprogrammed, bridge, PRIORITY);
  }

  public RenderOptions {
    families = Collections.unmodifiableSet(EnumSet.copyOf(families));
  }

  /** Returns a copy that denies nothing outside of policies. */
  public RenderOptions withoutGuards() {
    return new RenderOptions(
        families,
        peers,
        accept,
        deny,
        log,
        Unprogrammed.ALLOW,
        new Bridge(bridge.filter(), Advertisements.ALLOW),
        priority);
  }

  /**
   * Holds the settings for link-local, multicast and broadcast packets between bridge ports.
   *
   * @param filter whether isolation applies to them
   * @param advertisements the action for router advertisements and redirects
   */
  public record Bridge(Filter filter, Advertisements advertisements) {

    /** Isolation applies, and no pod is a router. */
    public static final Bridge DEFAULT = new Bridge(Filter.AUTO, Advertisements.DROP);
  }

  /** Selects whether packets between bridge ports are filtered. */
  public enum Filter {
    /** If the kernel passes such packets to the rules (br_netfilter). */
    AUTO,
    ON,
    OFF
  }

  /** Selects the action for router advertisements and redirects between bridge ports. */
  public enum Advertisements {
    DROP,
    ALLOW
  }

  /** Selects how the peers of a rule are matched. */
  public enum PeerForm {
    /** One rule that matches a set. */
    IPSET,
    /** One rule for each peer, for hosts without ipset. */
    RULES
  }

  /** Selects the action for a packet of an isolated pod that policies allow. */
  public enum Accept {
    /** Accept it: later rules of the host do not apply. */
    ACCEPT,
    /** Continue with the rules of the host. */
    RETURN
  }

  /** Selects the action for a packet that policies deny. */
  public enum Deny {
    /** Drop it silently. */
    DROP,
    /** Send an ICMP "port unreachable" to the source. */
    REJECT
  }

  /** Selects the action for packets of a pod whose rules are not programmed yet. */
  public enum Unprogrammed {
    /** Allow them, like those of any other address. */
    ALLOW,
    /** Drop them until the rules of the pod are programmed. */
    DROP
  }

  /**
   * Holds the settings for the log of denied packets.
   *
   * @param to the destination: none, the kernel log or an NFLOG group
   * @param group the NFLOG group, 0 to 65535
   * @param perMinute the highest rate of logged packets for one pod and direction
   * @param prefix the start of each log line; the direction and the pod follow as far as they fit
   */
  public record Log(To to, int group, int perMinute, String prefix) {

    /** Logs nothing. */
    public static final Log OFF = new Log(To.OFF, 0, 10, "netpol");

    /** Selects the destination of the log. */
    public enum To {
      OFF,
      LOG,
      NFLOG
    }
  }

  /** Returns the constant with this name in any case; empty if there is none. */
  public static <E extends Enum<E>> Optional<E> choice(Class<E> type, String name) {
    for (E value : type.getEnumConstants()) {
      if (value.name().equals(name.trim().toUpperCase(Locale.ROOT).replace('-', '_'))) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }
}
