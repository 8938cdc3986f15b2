package io.netpol.dataplane.render;

import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The names of our chains and sets. What is named after something from outside carries a hash of
 * it, so that names are short enough for the kernel and hold no character of anybody else's choice.
 */
public final class Names {

  /** Everything of ours in the kernel starts with this, and nothing else does. */
  public static final String PREFIX = "NWPLCY-";

  /** Where all packets enter: jumped to from the first position of FORWARD and OUTPUT. */
  public static final String FORWARD = PREFIX + "FORWARD";

  /** Finds the sender among the isolated pods of the node. */
  public static final String FROM = PREFIX + "FROM";

  /** Finds the receiver among the isolated pods of the node. */
  public static final String TO = PREFIX + "TO";

  /** Takes packets that an isolated sender's policies let go. */
  public static final String PASSED = PREFIX + "PASSED";

  /** Looks at packets between the ports of a bridge. */
  public static final String BRIDGE = PREFIX + "BRIDGE";

  /** Takes link-local, multicast and broadcast packets between the ports of a bridge. */
  public static final String BRIDGE_LINK = BRIDGE + "-LINK";

  /** Finds the sender of such a packet by the port that it came in by. */
  public static final String BRIDGE_FROM = BRIDGE + "-FROM";

  /** Finds the receiver of such a packet by the port that it leaves by. */
  public static final String BRIDGE_TO = BRIDGE + "-TO";

  /** Takes what the ports of a bridge let go on to the pods that its addresses tell of. */
  public static final String BY_ADDRESS = BRIDGE + "-BY-ADDRESS";

  /** Takes what claims to come from a router. */
  public static final String BRIDGE_ROUTER = BRIDGE + "-ROUTER";

  /** XT_EXTENSION_MAXNAMELEN less the terminating zero (linux/netfilter/x_tables.h). */
  public static final int MAX_CHAIN_LENGTH = 28;

  /** IPSET_MAXNAMELEN less the terminating zero (linux/netfilter/ipset/ip_set.h). */
  public static final int MAX_SET_LENGTH = 31;

  private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
  private static final int BASE32_BITS = 5;

  private Names() {}

  /** Returns whether a chain or set of this name is ours. */
  public static boolean isOurs(String name) {
    return name.startsWith(PREFIX);
  }

  /** Returns whether a chain of this name has the rules of a pod. */
  public static boolean isPodChain(String name) {
    return directionOfPodChain(name).isPresent();
  }

  /**
   * Returns the direction in which a chain of this name has the rules of a pod; empty where it has
   * none.
   */
  public static Optional<Direction> directionOfPodChain(String name) {
    return Stream.of(Direction.values())
        .filter(direction -> name.startsWith(podChains(direction)))
        .findFirst();
  }

  private static String podChains(Direction direction) {
    return PREFIX + (direction == Direction.INGRESS ? "IN-" : "OUT-");
  }

  /** Returns the chain with the rules of a pod in one direction. */
  public static String podChain(Direction direction, ObjectKey pod) {
    return podChains(direction) + podHash(pod);
  }

  /** Returns what the names of a pod's chains end with: 16 characters. */
  static String podHash(ObjectKey pod) {
    return hash(pod.namespace() + "/" + pod.name(), 16);
  }

  /**
   * Returns the chain that goes on looking for a pod inside a block, below {@link #FROM} or {@link
   * #TO}.
   */
  public static String dispatchChain(String root, Cidr block) {
    return root + "-" + hash(block.toString(), 14);
  }

  /**
   * Returns the chain that goes on looking for a port whose name starts so, below {@link
   * #BRIDGE_FROM} or {@link #BRIDGE_TO}.
   */
  public static String portChain(String root, String prefix) {
    return root + "-" + hash(prefix, 9);
  }

  /** Returns the set that holds what the text describes, in canonical form. */
  public static String set(Family family, String content) {
    return PREFIX + (family == Family.IPV4 ? "4-" : "6-") + hash(content, 20);
  }

  /** Returns the family that the name of a set of ours tells; empty where it tells none. */
  public static Optional<Family> familyOfSet(String name) {
    return Stream.of(Family.values())
        .filter(family -> name.startsWith(PREFIX + (family == Family.IPV4 ? "4-" : "6-")))
        .findFirst();
  }

  /** Returns a short text that only the same text has. */
  public static String digest(String text) {
    return hash(text, 16);
  }

  /** So many characters of the SHA-256 of the text in base 32: five bits each. */
  private static String hash(String text, int length) {
    byte[] digest;
    try {
      digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    StringBuilder name = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      int bit = i * BASE32_BITS;
      int pair = (digest[bit / 8] & 255) << 8 | digest[bit / 8 + 1] & 255;
      name.append(BASE32.charAt(pair >>> (16 - BASE32_BITS - bit % 8) & 31));
    }
    return name.toString();
  }
}
