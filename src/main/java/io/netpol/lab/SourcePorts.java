package io.netpol.lab;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.channels.NetworkChannel;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Hands out source ports one after the other, so that none comes back before connection tracking
 * has forgotten it.
 *
 * <p>A port that the kernel chooses is random: among some thousand flows one repeats an earlier
 * one, which connection tracking still knows as established. Not safe for use by several threads.
 */
final class SourcePorts {
  private static final int FIRST = 15_000;
  private static final int LAST = 65_000;
  private static final int TRIES = 1_000;

  private int next = ThreadLocalRandom.current().nextInt(FIRST, LAST + 1);

  /** Binds a channel to the next port, and returns the port. */
  int bind(NetworkChannel channel) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      int port = next;
      next = next == LAST ? FIRST : next + 1;
      try {
        channel.bind(new InetSocketAddress(port));
        return port;
      } catch (BindException e) {
        // Somebody listens there.
      }
    }
    throw new BindException("no source port is free");
  }
}
