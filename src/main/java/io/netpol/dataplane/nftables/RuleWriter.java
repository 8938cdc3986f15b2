package io.netpol.dataplane.nftables;

import io.netpol.dataplane.render.Action;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.Match;
import io.netpol.dataplane.render.Match.Address;
import io.netpol.dataplane.render.Rule;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.PortMatch;
import io.netpol.net.Family;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Writes rules as {@link NftListing} reads them, which is as {@code nft -s list} prints them with
 * protocols by number: their names are known only on a host with {@code /etc/protocols}.
 */
final class RuleWriter {

  /** NFTNL_UDATA_COMMENT_MAXLEN (libnftnl/udata.h) without a terminating zero, in bytes. */
  private static final int MAX_COMMENT_LENGTH = 127;

  /** NF_LOG_PREFIXLEN (linux/netfilter/nf_log.h) without the terminating zero and a blank. */
  private static final int MAX_LOG_PREFIX_LENGTH = 126;

  private final Family family;
  private final UnaryOperator<String> chainName;

  /**
   * Makes a writer for one family.
   *
   * @param chainName returns the name that a chain has in the kernel
   */
  RuleWriter(Family family, UnaryOperator<String> chainName) {
    this.family = family;
    this.chainName = chainName;
  }

  /** Returns a label as the kernel stores it. */
  static String comment(RuleLabel label) {
    return "comment \"" + label.comment(MAX_COMMENT_LENGTH) + "\"";
  }

  /** Returns the number of a protocol in the header of IP. */
  static int number(Protocol protocol) {
    return switch (protocol) {
      case TCP -> 6;
      case UDP -> 17;
      case SCTP -> 132;
    };
  }

  /** Returns the rules of a chain, without duplicates. */
  List<String> write(Chain chain) {
    Set<String> lines = new LinkedHashSet<>();
    chain.rules().forEach(rule -> lines.add(write(rule)));
    return List.copyOf(lines);
  }

  String write(Rule rule) {
    Line line = new Line();
    boolean portsOfSet =
        rule.matches().stream()
            .anyMatch(
                match ->
                    match instanceof Match.InSet in
                        && in.set().kind() == AddressSet.Kind.ADDRESSES_AND_PORTS);
    for (Match match : rule.matches()) {
      // The elements of such a set have the protocol too.
      if (!(portsOfSet && match instanceof Match.Transport)) {
        match.accept(line);
      }
    }
    rule.action().accept(line);
    rule.label().ifPresent(label -> line.add(comment(label)));
    return line.words.toString();
  }

  /** Returns sorted ranges that neither overlap nor touch. */
  static List<PortMatch.Range> merged(List<PortMatch.Range> ranges) {
    List<PortMatch.Range> merged = new ArrayList<>();
    for (PortMatch.Range next :
        ranges.stream().sorted(Comparator.comparingInt(PortMatch.Range::first)).toList()) {
      PortMatch.Range last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
      if (last != null && next.first() <= last.last() + 1) {
        merged.set(
            merged.size() - 1,
            new PortMatch.Range(last.protocol(), last.first(), Math.max(last.last(), next.last())));
      } else {
        merged.add(next);
      }
    }
    return merged;
  }

  /** Collects the words of one rule, in the order in which the kernel evaluates them. */
  private final class Line implements Match.Visitor<Line>, Action.Visitor<Line> {
    private final StringJoiner words = new StringJoiner(" ");

    Line add(String text) {
      words.add(text);
      return this;
    }

    private String address(Address address) {
      return (family == Family.IPV4 ? "ip " : "ip6 ")
          + (address == Address.SOURCE ? "saddr" : "daddr");
    }

    @Override
    public Line inBlock(Match.InBlock match) {
      return match.block().prefix() == 0
          ? this
          : add(address(match.address()) + " " + match.block().shortText());
    }

    @Override
    public Line inSet(Match.InSet match) {
      boolean ports = match.set().kind() == AddressSet.Kind.ADDRESSES_AND_PORTS;
      return add(
          address(match.address())
              + (ports ? " . meta l4proto . th dport" : "")
              + " @"
              + match.set().name());
    }

    @Override
    public Line transport(Match.Transport match) {
      return add("meta l4proto " + number(match.protocol()));
    }

    @Override
    public Line destinationPorts(Match.DestinationPorts match) {
      List<PortMatch.Range> ranges = merged(match.ranges());
      String ports =
          ranges.stream()
              .map(
                  range ->
                      range.first() == range.last()
                          ? String.valueOf(range.first())
                          : range.first() + "-" + range.last())
              .collect(Collectors.joining(", "));
      return add(
          match.protocol().lowerCase()
              + " dport "
              + (ranges.size() == 1 ? ports : "{ " + ports + " }"));
    }

    @Override
    public Line established(Match.Established match) {
      return add("ct state established,related");
    }

    @Override
    public Line rateLimit(Match.RateLimit match) {
      return add(
          "limit rate " + match.perMinute() + "/minute burst " + match.perMinute() + " packets");
    }

    @Override
    public Line fromElsewhere(Match.FromElsewhere match) {
      return add("fib saddr type != local");
    }

    @Override
    public Line udpPorts(Match.UdpPorts match) {
      throw unused(match);
    }

    @Override
    public Line icmp(Match.Icmp match) {
      throw unused(match);
    }

    @Override
    public Line igmp(Match.Igmp match) {
      throw unused(match);
    }

    @Override
    public Line inputDevice(Match.InputDevice match) {
      throw unused(match);
    }

    @Override
    public Line bridged(Match.Bridged match) {
      throw unused(match);
    }

    @Override
    public Line bridgePort(Match.BridgePort match) {
      throw unused(match);
    }

    @Override
    public Line broadcastAddress(Match.BroadcastAddress match) {
      throw unused(match);
    }

    @Override
    public Line broadcastFrame(Match.BroadcastFrame match) {
      throw unused(match);
    }

    private IllegalArgumentException unused(Match match) {
      return new IllegalArgumentException("no chain of a pod has " + match);
    }

    @Override
    public Line accepts(Action.Accept action) {
      return add("counter accept");
    }

    @Override
    public Line returns(Action.Return action) {
      return add("counter return");
    }

    @Override
    public Line drop(Action.Drop action) {
      return add("counter drop");
    }

    @Override
    public Line reject(Action.Reject action) {
      return add(
          family == Family.IPV4
              ? "meta nfproto ipv4 counter reject with icmp port-unreachable"
              : "meta nfproto ipv6 counter reject with icmpv6 port-unreachable");
    }

    @Override
    public Line jump(Action.Jump action) {
      return add("jump " + chainName.apply(action.chain()));
    }

    @Override
    public Line goTo(Action.GoTo action) {
      return add("goto " + chainName.apply(action.chain()));
    }

    @Override
    public Line log(Action.Log action) {
      return add("log prefix \"" + action.prefix().text(MAX_LOG_PREFIX_LENGTH) + " \"");
    }

    @Override
    public Line nfLog(Action.NfLog action) {
      String prefix = action.prefix().text(MAX_LOG_PREFIX_LENGTH);
      return add("log prefix \"" + prefix + "\" group " + action.group());
    }
  }
}
