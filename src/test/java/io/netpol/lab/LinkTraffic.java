package io.netpol.lab;

import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLong;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Datagrams and ICMP messages between pods on a bridge, to all kinds of addresses, and what each
 * pod heard of them.
 */
public final class LinkTraffic implements AutoCloseable {

  /** Where datagrams go to; {@link #LINK_LOCAL} to one pod, the rest to whoever listens. */
  public enum To {
    GROUP("239.1.1.1"),
    SUBNET(null),
    BROADCAST("255.255.255.255"),
    GROUP6("ff02::4242"),
    LINK_LOCAL(null);

    private final String address;

    To(String address) {
      this.address = address;
    }
  }

  private static final String DEVICE = "eth0";
  private static final String END = "end";
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private final LabNetwork lab;
  private final List<String> pods;
  private final Map<String, Ears> ears = new TreeMap<>();

  /** The sockets that a pod listens with. */
  private record Ears(
      DatagramChannel ipv4, DatagramChannel ipv6, Map<Boolean, Integer> raw, String linkLocal) {}

  /** Lets these pods listen at a port, and for ICMP messages. */
  public LinkTraffic(LabNetwork lab, List<String> pods, int port) throws IOException {
    this.lab = lab;
    this.pods = List.copyOf(pods);
    for (String pod : pods) {
      // Java lists the IPv6 addresses of another network namespace.
      String addresses =
          lab.exec(pod, "", List.of("ip", "-6", "-o", "address", "show", "scope", "link")).stdout();
      String linkLocalAddress = addresses.replaceAll("(?s).*inet6 (\\S+)/.*", "$1");
      ears.put(pod, lab.inside(pod, () -> listen(port, linkLocalAddress)));
    }
  }

  private static Ears listen(int port, String linkLocal) throws IOException {
    NetworkInterface device = NetworkInterface.getByName(DEVICE);
    DatagramChannel ipv4 = DatagramChannel.open(StandardProtocolFamily.INET);
    ipv4.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    ipv4.bind(new InetSocketAddress("0.0.0.0", port));
    ipv4.join(InetAddress.getByName(To.GROUP.address), device);
    ipv4.configureBlocking(false);
    DatagramChannel ipv6 = DatagramChannel.open(StandardProtocolFamily.INET6);
    ipv6.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    ipv6.bind(new InetSocketAddress("::", port + 1));
    ipv6.join(InetAddress.getByName(To.GROUP6.address), device);
    ipv6.configureBlocking(false);
    Map<Boolean, Integer> raw =
        Map.of(
            false, rawSocket(LibC.AF_INET, LibC.IPPROTO_ICMP),
            true, rawSocket(LibC.AF_INET6, LibC.IPPROTO_ICMPV6));
    return new Ears(ipv4, ipv6, raw, linkLocal);
  }

  private static int rawSocket(int family, int protocol) {
    return LibC.socket(family, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, protocol);
  }

  /** The link-local address of a pod. */
  public String linkLocal(String pod) {
    return ears.get(pod).linkLocal();
  }

  /**
   * Sends one datagram from each pod to each kind of address.
   *
   * @return who heard it, as {@code from>to KIND}, in order
   */
  public TreeSet<String> exchange(int port) throws IOException {
    for (String from : pods) {
      for (To to : To.values()) {
        if (to == To.LINK_LOCAL) {
          for (String other : pods) {
            if (!other.equals(from)) {
              send(from, linkLocal(other), 0, port + 1, from + " " + to);
            }
          }
        } else {
          send(from, address(from, to), 0, port + (to == To.GROUP6 ? 1 : 0), from + " " + to);
        }
      }
    }
    return heard(port);
  }

  private String address(String from, To to) {
    return to == To.SUBNET ? lab.addresses(from).get(0).replaceAll("\\.\\d+$", ".255") : to.address;
  }

  /**
   * Sends a datagram.
   *
   * @param fromPort 0 for any
   */
  public void send(String from, String address, int fromPort, int port, String text)
      throws IOException {
    lab.inside(
        from,
        () -> {
          boolean ipv6 = address.contains(":");
          NetworkInterface device = NetworkInterface.getByName(DEVICE);
          try (DatagramChannel channel =
              DatagramChannel.open(
                  ipv6 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET)) {
            channel.setOption(StandardSocketOptions.SO_BROADCAST, !ipv6);
            channel.setOption(StandardSocketOptions.IP_MULTICAST_IF, device);
            channel.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
            String own =
                ipv6
                    ? "::"
                    : lab.addresses(from).stream()
                        .filter(a -> !a.contains(":"))
                        .findFirst()
                        .orElse("0.0.0.0");
            channel.bind(new InetSocketAddress(own, fromPort));
            InetAddress to = InetAddress.getByName(address);
            if (to.isLinkLocalAddress()) {
              to = Inet6Address.getByAddress(null, to.getAddress(), device.getIndex());
            }
            channel.send(
                ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)),
                new InetSocketAddress(to, port));
          }
          return null;
        });
  }

  /**
   * Sends an ICMP or ICMPv6 message of a type from one pod.
   *
   * @param address link-local, of a group, or any IPv4 address
   */
  public void icmp(String from, String address, int type) throws IOException {
    lab.inside(
        from,
        () -> {
          boolean ipv6 = address.contains(":");
          byte[] message = new byte[40];
          message[0] = (byte) type;
          if (!ipv6) {
            message[2] = (byte) ~type; // the checksum of RFC 1071, of all that is not 0
            message[3] = (byte) 0xff;
          }
          int index = NetworkInterface.getByName(DEVICE).getIndex();
          byte[] to = socketAddress(InetAddress.getByName(address).getAddress(), index);
          int socket = ears.get(from).raw().get(ipv6);
          LibC.sendto(socket, message, new NativeLong(message.length), 0, to, to.length);
          return null;
        });
  }

  private static byte[] socketAddress(byte[] address, int device) {
    boolean ipv6 = address.length > 4;
    ByteBuffer buffer = ByteBuffer.allocate(ipv6 ? 28 : 16).order(ByteOrder.nativeOrder());
    buffer.putShort((short) (ipv6 ? LibC.AF_INET6 : LibC.AF_INET));
    buffer.position(ipv6 ? 8 : 4);
    buffer.put(address);
    if (ipv6) {
      buffer.putInt(device);
    }
    return buffer.array();
  }

  /**
   * What came until now, as {@code from>to KIND}: a last datagram from the node, which may always
   * speak with its pods, comes after all others.
   */
  public TreeSet<String> heard(int port) throws IOException {
    TreeSet<String> heard = new TreeSet<>();
    String node = lab.plan().nodes().get(0).name();
    for (String pod : pods) {
      boolean ipv6 = lab.addresses(pod).get(0).contains(":");
      mark(node, lab.addresses(pod).get(0), port + (ipv6 ? 1 : 0));
      DatagramChannel marked = ipv6 ? ears.get(pod).ipv6() : ears.get(pod).ipv4();
      long end = System.nanoTime() + PATIENCE_NANOS;
      boolean ended = false;
      while (!ended) {
        for (DatagramChannel channel : List.of(ears.get(pod).ipv4(), ears.get(pod).ipv6())) {
          for (String text : read(channel)) {
            if (text.equals(END)) {
              ended |= channel == marked;
            } else {
              add(text, pod, heard);
            }
          }
        }
        if (System.nanoTime() > end) {
          throw new IOException("the node does not reach " + pod);
        }
      }
    }
    // What two processors still had in hand.
    for (String pod : pods) {
      for (DatagramChannel channel : List.of(ears.get(pod).ipv4(), ears.get(pod).ipv6())) {
        for (String text : read(channel)) {
          add(text, pod, heard);
        }
      }
    }
    return heard;
  }

  /** Of what a pod hears from itself the node knows nothing. */
  private static void add(String text, String pod, TreeSet<String> heard) {
    if (!text.startsWith(pod + " ")) {
      heard.add(text.replaceFirst(" ", ">" + pod + " "));
    }
  }

  private void mark(String node, String address, int port) throws IOException {
    lab.inside(
        node,
        () -> {
          try (DatagramChannel channel = DatagramChannel.open()) {
            channel.send(
                ByteBuffer.wrap(END.getBytes(StandardCharsets.US_ASCII)),
                new InetSocketAddress(InetAddress.getByName(address), port));
          }
          return null;
        });
  }

  private static List<String> read(DatagramChannel channel) throws IOException {
    List<String> texts = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.allocate(256);
    while (channel.receive(buffer) != null) {
      buffer.flip();
      texts.add(StandardCharsets.US_ASCII.decode(buffer).toString());
      buffer.clear();
    }
    return texts;
  }

  /** The types of the messages of one family that the pod has heard since it was asked last. */
  public TreeSet<Integer> icmpHeard(String pod, boolean ipv6, int port) throws IOException {
    heard(port);
    TreeSet<Integer> types = new TreeSet<>();
    byte[] packet = new byte[2048];
    while (true) {
      try {
        LibC.recv(
            ears.get(pod).raw().get(ipv6),
            packet,
            new NativeLong(packet.length),
            LibC.MSG_DONTWAIT);
        types.add(packet[ipv6 ? 0 : (packet[0] & 0x0f) * 4] & 0xff);
      } catch (LastErrorException e) {
        return types;
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (Ears each : ears.values()) {
      each.ipv4().close();
      each.ipv6().close();
      each.raw().values().forEach(LibC::close);
    }
  }
}
