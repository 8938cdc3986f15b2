package io.netpol.lab;

import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLong;
import io.netpol.lab.Flow.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures echo requests of one address family, all at once, from the namespace of the thread that
 * runs it, and finds out which TCP connections are answered with an ICMP error.
 *
 * <p>The latter because a connection that is rejected while its system call still runs, as it
 * happens without a wire in between, only learns of it when it repeats itself after a second.
 *
 * <p>It writes to a raw socket of its own, because the JDK can only wait for one echo at a time and
 * tries TCP where it may not send any.
 */
final class IcmpProbe implements AutoCloseable {
  // Types: RFC 792 and RFC 4443
  private static final int UNREACHABLE4 = 3;
  private static final int REPLY4 = 0;
  private static final int REQUEST4 = 8;
  private static final int UNREACHABLE6 = 1;
  private static final int REQUEST6 = 128;
  private static final int REPLY6 = 129;
  private static final int HEADER = 8;
  private static final int RECEIVE_BUFFER_BYTES = 4 << 20;

  private final boolean ipv6;
  private final ProbeTimeout timeout;
  private final Map<Flow, Outcome> outcomes;
  private final int socket;
  private final Map<Integer, Flow> waiting = new HashMap<>();
  private final byte[] packet = new byte[2048];

  IcmpProbe(boolean ipv6, ProbeTimeout timeout, Map<Flow, Outcome> outcomes) throws IOException {
    this.ipv6 = ipv6;
    this.timeout = timeout;
    this.outcomes = outcomes;
    try {
      socket =
          LibC.socket(
              ipv6 ? LibC.AF_INET6 : LibC.AF_INET,
              LibC.SOCK_RAW | LibC.SOCK_CLOEXEC,
              ipv6 ? LibC.IPPROTO_ICMPV6 : LibC.IPPROTO_ICMP);
      LibC.setReceiveBuffer(socket, RECEIVE_BUFFER_BYTES);
    } catch (LastErrorException e) {
      throw new IOException("cannot open a raw socket: " + e.getMessage(), e);
    }
  }

  /**
   * Sends all requests; the answers wait in the socket.
   *
   * @param lastId the identifier that was used last; these requests count up from it
   */
  void send(List<Flow> flows, int lastId) {
    int id = lastId;
    for (Flow flow : flows) {
      id = id + 1 & 0xffff;
      byte[] address = socketAddress(IpLiteral.parse(flow.toAddress()).getAddress());
      byte[] request = request(id);
      waiting.put(id, flow);
      try {
        LibC.sendto(socket, request, new NativeLong(request.length), 0, address, address.length);
      } catch (LastErrorException e) {
        // EPERM: the filter of this very namespace took it.
        if (e.getErrorCode() != LibC.EPERM) {
          waiting.remove(id);
          outcomes.put(flow, Outcome.REJECTED);
        }
      }
    }
  }

  /**
   * Waits for the answers to the echo requests; what gets none is denied.
   *
   * @param unansweredTcp connections that have no answer, by source port; rejected if there is an
   *     error that belongs to them
   */
  void receive(Map<Integer, Flow> unansweredTcp) throws IOException {
    while (true) {
      long left = waiting.isEmpty() ? 0 : timeout.millisLeft();
      if (readable(0)) {
        // It may have come long ago, while the sockets were measured, and is no news: who took it
        // for some would make all other members wait once more.
        read(unansweredTcp);
      } else if (left > 0 && readable(Math.min(left, ProbeTimeout.POLL_MILLIS))) {
        int before = waiting.size();
        read(unansweredTcp);
        if (waiting.size() < before) {
          timeout.activity();
        }
      } else if (left == 0) {
        break;
      }
    }
    waiting.values().forEach(flow -> outcomes.put(flow, Outcome.DENIED));
    waiting.clear();
  }

  @Override
  public void close() {
    LibC.close(socket);
  }

  private boolean readable(long millis) throws IOException {
    // struct pollfd: fd, events, revents
    ByteBuffer descriptor = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
    descriptor.putInt(socket).putShort(LibC.POLLIN);
    try {
      return LibC.poll(descriptor.array(), new NativeLong(1), (int) millis) > 0;
    } catch (LastErrorException e) {
      if (e.getErrorCode() == LibC.EINTR) {
        return false;
      }
      throw new IOException("poll failed: " + e.getMessage(), e);
    }
  }

  private void read(Map<Integer, Flow> unansweredTcp) throws IOException {
    int length;
    try {
      length =
          LibC.recv(socket, packet, new NativeLong(packet.length), LibC.MSG_DONTWAIT).intValue();
    } catch (LastErrorException e) {
      if (e.getErrorCode() == LibC.EAGAIN || e.getErrorCode() == LibC.EINTR) {
        return;
      }
      throw new IOException("recv failed: " + e.getMessage(), e);
    }
    // The kernel passes the IPv4 header on, but not the IPv6 header.
    int start = ipv6 ? 0 : headerLength(0);
    if (length < start + HEADER) {
      return;
    }
    int type = packet[start] & 0xff;
    if (type == (ipv6 ? REPLY6 : REPLY4)) {
      answered(number(start + 4), Outcome.ALLOWED);
    } else if (type == (ipv6 ? UNREACHABLE6 : UNREACHABLE4)) {
      int quoted = start + HEADER;
      int inner = quoted + (ipv6 ? 40 : headerLength(quoted));
      if (length < inner + HEADER) {
        return;
      }
      int protocol = packet[quoted + (ipv6 ? 6 : 9)];
      if (protocol == LibC.IPPROTO_TCP && unansweredTcp.containsKey(number(inner))) {
        outcomes.put(unansweredTcp.get(number(inner)), Outcome.REJECTED);
      } else if (protocol == icmp() && (packet[inner] & 0xff) == requestType()) {
        answered(number(inner + 4), Outcome.REJECTED);
      }
    }
  }

  private void answered(int id, Outcome outcome) {
    Flow flow = waiting.remove(id);
    if (flow != null) {
      outcomes.put(flow, outcome);
    }
  }

  private int icmp() {
    return ipv6 ? LibC.IPPROTO_ICMPV6 : LibC.IPPROTO_ICMP;
  }

  private int requestType() {
    return ipv6 ? REQUEST6 : REQUEST4;
  }

  private int headerLength(int start) {
    return (packet[start] & 0x0f) * 4;
  }

  /** Reads two bytes: an identifier or a port. */
  private int number(int start) {
    return (packet[start] & 0xff) << 8 | packet[start + 1] & 0xff;
  }

  private byte[] request(int id) {
    ByteBuffer request = ByteBuffer.allocate(HEADER);
    request.put((byte) requestType()).put((byte) 0).putShort((short) 0);
    request.putShort((short) id).putShort((short) 1);
    if (!ipv6) {
      // RFC 1071; for ICMPv6 the kernel does it.
      int sum = (REQUEST4 << 8) + id + 1;
      request.putShort(2, (short) ~((sum & 0xffff) + (sum >>> 16)));
    }
    return request.array();
  }

  /** Returns a struct sockaddr_in or sockaddr_in6 without a port. */
  private byte[] socketAddress(byte[] address) {
    ByteBuffer buffer = ByteBuffer.allocate(ipv6 ? 28 : 16).order(ByteOrder.nativeOrder());
    buffer.putShort((short) (ipv6 ? LibC.AF_INET6 : LibC.AF_INET));
    buffer.position(ipv6 ? 8 : 4);
    buffer.put(address);
    return buffer.array();
  }
}
