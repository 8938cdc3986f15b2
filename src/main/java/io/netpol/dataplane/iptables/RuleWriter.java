package io.netpol.dataplane.iptables;

import io.netpol.dataplane.render.Action;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.Match;
import io.netpol.dataplane.render.Match.Address;
import io.netpol.dataplane.render.Rule;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.Direction;
import io.netpol.model.PortMatch;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes rules as {@code iptables-save} prints them (without {@code -A CHAIN}), so that the desired
 * and the observed state can be compared as text.
 */
final class RuleWriter {

  /** XT_MAX_COMMENT_LEN without the terminating zero (linux/netfilter/xt_comment.h), in bytes. */
  private static final int MAX_COMMENT_LENGTH = 255;

  /** The prefix of xt_LOG.h, 30 bytes without the terminating zero and the blank behind it. */
  private static final int MAX_LOG_PREFIX_LENGTH = 28;

  /** The prefix of xt_NFLOG.h, 64 bytes without the terminating zero. */
  private static final int MAX_NFLOG_PREFIX_LENGTH = 63;

  /** XT_MULTI_PORTS (linux/netfilter/xt_multiport.h); a range takes two slots. */
  private static final int MAX_PORT_SLOTS = 15;

  /** The protocol number of IGMP: its name is known only on a host with {@code /etc/protocols}. */
  private static final String IGMP = "2";

  private static final String IGMP_BY_NAME = "-p igmp ";

  private final Family family;

  /** Makes a writer for one family. */
  RuleWriter(Family family) {
    this.family = family;
  }

  /**
   * Returns a printed rule of the agent as it was written, whether the tool prints a protocol by
   * name, as on a host with {@code /etc/protocols}, or by number.
   */
  static String asWritten(String printed) {
    return printed.startsWith(IGMP_BY_NAME)
        ? "-p " + IGMP + " " + printed.substring(IGMP_BY_NAME.length())
        : printed;
  }

  /** Returns the rules of chains by the chain's name; without duplicates in a chain. */
  Map<String, List<String>> write(Collection<Chain> chains) {
    Map<String, List<String>> texts = new HashMap<>();
    chains.forEach(chain -> texts.put(chain.name(), write(chain)));
    return texts;
  }

  /** Returns the rules of a chain, without duplicates. */
  List<String> write(Chain chain) {
    Set<String> lines = new LinkedHashSet<>();
    for (Rule rule : chain.rules()) {
      lines.addAll(write(rule));
    }
    return List.copyOf(lines);
  }

  /** Returns one line, or several if one cannot name all ports. */
  List<String> write(Rule rule) {
    Match.DestinationPorts ports = null;
    for (Match match : rule.matches()) {
      ports = match instanceof Match.DestinationPorts found ? found : ports;
    }
    if (ports == null || fitting(ports.ranges()) == ports.ranges().size()) {
      return List.of(line(rule));
    }
    List<String> lines = new ArrayList<>();
    List<PortMatch.Range> left = ports.ranges();
    while (!left.isEmpty()) {
      int count = fitting(left);
      List<Match> some = new ArrayList<>(rule.matches());
      some.set(some.indexOf(ports), new Match.DestinationPorts(left.subList(0, count)));
      lines.add(line(new Rule(some, rule.action(), rule.label())));
      left = left.subList(count, left.size());
    }
    return lines;
  }

  /** Returns the number of leading ranges that fit into one rule. */
  private static int fitting(List<PortMatch.Range> ranges) {
    int slots = 0;
    int count = 0;
    for (PortMatch.Range range : ranges) {
      slots += range.first() == range.last() ? 1 : 2;
      if (slots > MAX_PORT_SLOTS) {
        break;
      }
      count++;
    }
    return count;
  }

  private String line(Rule rule) {
    Line line = new Line();
    rule.matches().forEach(match -> match.accept(line));
    return line.end(rule);
  }

  /** Returns the label as the kernel stores it. */
  static String comment(RuleLabel label) {
    return label.comment(MAX_COMMENT_LENGTH);
  }

  /**
   * Collects the parts of one line: the tools print addresses, device and protocol before other
   * matches.
   */
  private final class Line implements Match.Visitor<Line>, Action.Visitor<String> {
    private String source = "";
    private String destination = "";
    private String device = "";
    private String protocol = "";
    private final StringBuilder modules = new StringBuilder(160);

    String end(Rule rule) {
      rule.label()
          .ifPresent(
              label ->
                  modules
                      .append("-m comment --comment \"")
                      .append(RuleWriter.comment(label))
                      .append("\" "));
      return source + destination + device + protocol + modules + rule.action().accept(this);
    }

    private Line module(String text) {
      modules.append("-m ").append(text).append(' ');
      return this;
    }

    private Line protocol(String name) {
      protocol = "-p " + name + " ";
      return this;
    }

    @Override
    public Line inBlock(Match.InBlock match) {
      Cidr block = match.block();
      if (block.prefix() == 0) {
        return this;
      }
      if (match.address() == Address.SOURCE) {
        source = "-s " + block + " ";
      } else {
        destination = "-d " + block + " ";
      }
      return this;
    }

    @Override
    public Line inSet(Match.InSet match) {
      String end = match.address() == Address.SOURCE ? "src" : "dst";
      boolean ports = match.set().kind() == AddressSet.Kind.ADDRESSES_AND_PORTS;
      return module("set --match-set " + match.set().name() + " " + end + (ports ? "," + end : ""));
    }

    @Override
    public Line transport(Match.Transport match) {
      return protocol(match.protocol().lowerCase());
    }

    @Override
    public Line destinationPorts(Match.DestinationPorts match) {
      String ports =
          match.ranges().stream()
              .map(
                  range ->
                      range.first() == range.last()
                          ? String.valueOf(range.first())
                          : range.first() + ":" + range.last())
              .collect(Collectors.joining(","));
      String name = match.protocol().lowerCase();
      return protocol(name)
          .module(
              match.ranges().size() == 1
                  ? name + " --dport " + ports
                  : "multiport --dports " + ports);
    }

    @Override
    public Line udpPorts(Match.UdpPorts match) {
      return protocol("udp")
          .module("udp --sport " + match.source() + " --dport " + match.destination());
    }

    @Override
    public Line icmp(Match.Icmp match) {
      return family == Family.IPV4
          ? protocol("icmp").module("icmp --icmp-type " + match.type())
          : protocol("ipv6-icmp").module("icmp6 --icmpv6-type " + match.type());
    }

    @Override
    public Line igmp(Match.Igmp match) {
      return protocol(IGMP);
    }

    @Override
    public Line established(Match.Established match) {
      return module("conntrack --ctstate RELATED,ESTABLISHED");
    }

    @Override
    public Line rateLimit(Match.RateLimit match) {
      return module(RateLimit.match(match.perMinute()));
    }

    @Override
    public Line inputDevice(Match.InputDevice match) {
      device = "-i " + match.device() + " ";
      return this;
    }

    @Override
    public Line bridged(Match.Bridged match) {
      return module("physdev --physdev-is-bridged");
    }

    @Override
    public Line bridgePort(Match.BridgePort match) {
      String option = match.direction() == Direction.EGRESS ? "--physdev-in" : "--physdev-out";
      String port = match.port() + (match.prefix() ? "+" : "");
      return module("physdev " + option + " " + port + " --physdev-is-bridged");
    }

    @Override
    public Line broadcastAddress(Match.BroadcastAddress match) {
      return module("addrtype " + (match.expected() ? "" : "! ") + "--dst-type BROADCAST");
    }

    @Override
    public Line broadcastFrame(Match.BroadcastFrame match) {
      return module("pkttype --pkt-type broadcast");
    }

    @Override
    public Line fromElsewhere(Match.FromElsewhere match) {
      return module("addrtype ! --src-type LOCAL");
    }

    @Override
    public String accepts(Action.Accept action) {
      return "-j ACCEPT";
    }

    @Override
    public String returns(Action.Return action) {
      return "-j RETURN";
    }

    @Override
    public String drop(Action.Drop action) {
      return "-j DROP";
    }

    @Override
    public String reject(Action.Reject action) {
      return "-j REJECT --reject-with "
          + (family == Family.IPV4 ? "icmp-port-unreachable" : "icmp6-port-unreachable");
    }

    @Override
    public String jump(Action.Jump action) {
      return "-j " + action.chain();
    }

    @Override
    public String goTo(Action.GoTo action) {
      return "-g " + action.chain();
    }

    @Override
    public String log(Action.Log action) {
      String prefix = action.prefix().text(MAX_LOG_PREFIX_LENGTH);
      return "-j LOG --log-prefix \"" + prefix + " \"";
    }

    @Override
    public String nfLog(Action.NfLog action) {
      String prefix = action.prefix().text(MAX_NFLOG_PREFIX_LENGTH);
      String group = action.group() == 0 ? "" : " --nflog-group " + action.group();
      return "-j NFLOG --nflog-prefix \"" + prefix + "\"" + group;
    }
  }
}
