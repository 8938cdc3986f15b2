package io.netpol.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads from the kernel where a process takes connections and datagrams, in the network namespace
 * of its first thread.
 *
 * @see <a
 *     href="https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html">proc_net_tcp</a>
 */
public final class Listening {

  private static final List<String> TABLES = List.of("tcp", "tcp6", "udp", "udp6");

  /** A TCP socket that listens: TCP_LISTEN. */
  private static final String TCP_LISTENS = "0A";

  /** A UDP socket that is not connected to one peer: TCP_CLOSE. */
  private static final String UDP_TAKES_ALL = "07";

  private static final int LOCAL_ADDRESS = 1;
  private static final int STATE = 3;
  private static final int INODE = 9;

  private Listening() {}

  /**
   * The addresses of a process; empty when it has ended, so a test asks for one that must be there.
   */
  public static Set<InetSocketAddress> of(long pid) {
    Path process = Path.of("/proc", Long.toString(pid));
    Set<InetSocketAddress> addresses = new HashSet<>();
    try {
      Set<String> inodes = sockets(process.resolve("fd"));
      for (String table : TABLES) {
        for (String line : Files.readAllLines(process.resolve("net").resolve(table))) {
          String[] words = line.strip().split(" +");
          String wanted = table.startsWith("tcp") ? TCP_LISTENS : UDP_TAKES_ALL;
          if (words[STATE].equals(wanted) && inodes.contains(words[INODE])) {
            addresses.add(address(words[LOCAL_ADDRESS]));
          }
        }
      }
    } catch (IOException e) {
      return addresses; // it has ended, or is about to
    }
    return addresses;
  }

  /** Those that another host can reach, as text. */
  public static Set<String> reachable(Set<InetSocketAddress> addresses) {
    Set<String> reachable = new TreeSet<>();
    for (InetSocketAddress address : addresses) {
      if (!address.getAddress().isLoopbackAddress()) {
        reachable.add(address.toString());
      }
    }
    return reachable;
  }

  private static Set<String> sockets(Path descriptors) throws IOException {
    String[] names = descriptors.toFile().list();
    Set<String> inodes = new HashSet<>();
    for (String name : names == null ? new String[0] : names) {
      try {
        String target = Files.readSymbolicLink(descriptors.resolve(name)).toString();
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      } catch (NoSuchFileException e) {
        continue; // closed meanwhile
      }
    }
    return inodes;
  }

  /** Reads {@code 0100007F:1F90}; each word of four bytes is in this machine's order. */
  private static InetSocketAddress address(String text) throws UnknownHostException {
    int colon = text.indexOf(':');
    ByteBuffer words =
        ByteBuffer.wrap(HexFormat.of().parseHex(text.substring(0, colon)))
            .order(ByteOrder.BIG_ENDIAN);
    ByteBuffer bytes = ByteBuffer.allocate(words.capacity()).order(ByteOrder.nativeOrder());
    while (words.hasRemaining()) {
      bytes.putInt(words.getInt());
    }
    int port = Integer.parseInt(text.substring(colon + 1), 16);
    return new InetSocketAddress(InetAddress.getByAddress(bytes.array()), port);
  }
}
