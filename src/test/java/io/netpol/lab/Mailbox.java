package io.netpol.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;

/** A UDP socket in a member of a lab, at a port of its own, for both families. */
public final class Mailbox implements AutoCloseable {

  private final DatagramChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(16);

  private Mailbox(DatagramChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
  }

  /** Opens it; datagrams are received from now on. */
  public static Mailbox open(LabNetwork lab, String member, int port) throws IOException {
    return lab.inside(
        member,
        () -> {
          DatagramChannel channel = DatagramChannel.open();
          channel.bind(new InetSocketAddress(port));
          return new Mailbox(channel);
        });
  }

  /** Sends a datagram; nobody knows whether it arrives. */
  public void send(String address, int port) {
    try {
      channel.send(
          ByteBuffer.wrap(new byte[] {1}), new InetSocketAddress(IpLiteral.parse(address), port));
    } catch (IOException e) {
      // An ICMP error that came for an earlier one.
    }
  }

  /**
   * Takes out what has arrived.
   *
   * @param answers whether each is answered
   * @return how many datagrams there were
   */
  public int empty(boolean answers) throws IOException {
    int count = 0;
    while (true) {
      SocketAddress from = channel.receive(buffer.clear());
      if (from == null) {
        return count;
      }
      count++;
      if (answers) {
        try {
          channel.send(buffer.flip(), from);
        } catch (IOException e) {
          // As above.
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
