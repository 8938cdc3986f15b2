package io.netpol.dataplane.render;

import io.netpol.net.Family;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The choices that a host's operator makes about rules.
 *
 * @param families the address families that the host has
 * @param peers how peers are written
 * @param accept where a packet goes that policies allow
 * @param deny what happens to a packet that policies deny
 * @param log what is written of a denied packet
 * @param unprogrammed what happens to packets of addresses in the node's pod ranges that no pod is
 *     known to have yet
 * @param bridge what happens between the ports of a bridge
 */
public record RenderOptions(
    Set<Family> families,
    PeerForm peers,
    Accept accept,
    Deny deny,
    Log log,
    Unprogrammed unprogrammed,
    Bridge bridge) {

  /** What holds where nothing is set. */
  public static final RenderOptions DEFAULT =
      new RenderOptions(
          Set.of(Family.values()),
          PeerForm.IPSET,
          Accept.RETURN,
          Deny.DROP,
          Log.OFF,
          Unprogrammed.ALLOW);

  /** With what holds between the ports of a bridge where nothing is set. */
  public RenderOptions(
      Set<Family> families,
      PeerForm peers,
      Accept accept,
      Deny deny,
      Log log,
      Unprogrammed unprogrammed) {
    this(families, peers, accept, deny, log, unprogrammed, Bridge.DEFAULT);
  }

  public RenderOptions {
    families = Collections.unmodifiableSet(EnumSet.copyOf(families));
  }

  /** Returns the same, but nothing is denied that no policy is about. */
  public RenderOptions withoutGuards() {
    return new RenderOptions(
        families,
        peers,
        accept,
        deny,
        log,
        Unprogrammed.ALLOW,
        new Bridge(bridge.filter(), Advertisements.ALLOW));
  }

  /**
   * What happens to link-local, multicast and broadcast packets between the ports of a bridge.
   *
   * @param filter whether they obey isolation
   * @param advertisements what becomes of router advertisements and redirects
   */
  public record Bridge(Filter filter, Advertisements advertisements) {

    /** They obey isolation, and no pod is a router. */
    public static final Bridge DEFAULT = new Bridge(Filter.AUTO, Advertisements.DROP);
  }

  /** Whether packets between the ports of a bridge are filtered by port. */
  public enum Filter {
    /** Where the kernel hands such packets to iptables. */
    AUTO,
    ON,
    OFF
  }

  /** What becomes of router advertisements and redirects between the ports of a bridge. */
  public enum Advertisements {
    DROP,
    ALLOW
  }

  /** How the peers of a rule are written. */
  public enum PeerForm {
    /** One rule that matches a set. */
    IPSET,
    /** One rule for each peer, for hosts without ipset. */
    RULES
  }

  /** Where a packet goes that concerns an isolated pod and that policies allow. */
  public enum Accept {
    /** It is accepted: rules of the host after ours do not see it. */
    ACCEPT,
    /** It goes on to the rules of the host, as if no policy were there. */
    RETURN
  }

  /** What happens to a packet that policies deny. */
  public enum Deny {
    /** It vanishes. */
    DROP,
    /** The sender is told (ICMP port unreachable). */
    REJECT
  }

  /** What happens to packets from and to a pod whose rules are not in the kernel yet. */
  public enum Unprogrammed {
    /** They pass, as those of any address that no policy is about. */
    ALLOW,
    /** They vanish: a new pod is closed until its rules are there. */
    DROP
  }

  /**
   * What is written of denied packets, before they are denied.
   *
   * @param to nowhere, the kernel's log or an NFLOG group
   * @param group the NFLOG group, 0 to 65535
   * @param perMinute the highest rate of packets written for one pod and direction
   * @param prefix the start of each log line; the direction and the pod follow as far as they fit
   */
  public record Log(To to, int group, int perMinute, String prefix) {

    /** Nothing is written. */
    public static final Log OFF = new Log(To.OFF, 0, 10, "netpol");

    /** Where the packets are written to. */
    public enum To {
      OFF,
      LOG,
      NFLOG
    }
  }

  /**
   * Returns the value of a choice by its name in any case; empty where there is none of that name.
   */
  public static <E extends Enum<E>> Optional<E> choice(Class<E> type, String name) {
    for (E value : type.getEnumConstants()) {
      if (value.name().equals(name.trim().toUpperCase(Locale.ROOT).replace('-', '_'))) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }
}
