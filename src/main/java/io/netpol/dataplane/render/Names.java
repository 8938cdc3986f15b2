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
 * Makes and recognizes the names of the agent's chains and sets. Names contain hashes in place of
 * untrusted text, so that they fit into the kernel's limits and contain only safe characters.
 */
public final class Names {

  /** The prefix of all names of the agent, which no other program uses. */
  public static final String PREFIX = "NWPLCY-";

  /** The entry chain for all packets: the first rule of FORWARD and OUTPUT jumps to it. */
  public static final String FORWARD = PREFIX + "FORWARD";

  /** Dispatches by source to the isolated pods of the node. */
  public static final String FROM = PREFIX + "FROM";

  /** Dispatches by destination to the isolated pods of the node. */
  public static final String TO = PREFIX + "TO";

  /** Receives packets that the policies of an isolated source allow. */
  public static final String PASSED = PREFIX + "PASSED";

  /** Filters packets between bridge ports. */
  public static final String BRIDGE = PREFIX + "BRIDGE";

  /** Filters link-local, multicast and broadcast packets between bridge ports. */
  public static final String BRIDGE_LINK = BRIDGE + "-LINK";

  /** Dispatches such a packet by input port. */
  public static final String BRIDGE_FROM = BRIDGE + "-FROM";

  /** Dispatches such a packet by output port. */
  public static final String BRIDGE_TO = BRIDGE + "-TO";

  /** Dispatches packets that bridge ports allow by address. */
  public static final String BY_ADDRESS = BRIDGE + "-BY-ADDRESS";

  /** Filters packets that claim to be from a router. */
  public static final String BRIDGE_ROUTER = BRIDGE + "-ROUTER";

  /** XT_EXTENSION_MAXNAMELEN without the terminating zero (linux/netfilter/x_tables.h). */
  public static final int MAX_CHAIN_LENGTH = 28;

  /** IPSET_MAXNAMELEN without the terminating zero (linux/netfilter/ipset/ip_set.h). */
  public static final int MAX_SET_LENGTH = 31;

  private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
  private static final int BASE32_BITS = 5;
  private static final int POD_HASH_LENGTH = 16;

  private Names() {}

  /** Returns whether a chain or set with this name belongs to the agent. */
  public static boolean isOurs(String name) {
    return name.startsWith(PREFIX);
  }

  /** Returns whether a chain with this name has the rules of a pod. */
  public static boolean isPodChain(String name) {
    return directionOfPodChain(name).isPresent();
  }

  /** Returns the direction of a pod's chain with this name; empty if it is not a pod's. */
  public static Optional<Direction> directionOfPodChain(String name) {
    return Stream.of(Direction.values())
        .filter(direction -> name.startsWith(podChains(direction)))
        .findFirst();
  }

  /** Returns the name of a pod's chain without what a back-end adds at its end. */
  public static String withoutSuffix(String podChain) {
    int length = podChains(directionOfPodChain(podChain).orElseThrow()).length() + POD_HASH_LENGTH;
    return podChain.substring(0, Math.min(length, podChain.length()));
  }

  private static String podChains(Direction direction) {
    return PREFIX + (direction == Direction.INGRESS ? "IN-" : "OUT-");
  }

  /** Returns the chain with the rules of a pod in one direction. */
  public static String podChain(Direction direction, ObjectKey pod) {
    return podChains(direction) + podHash(pod);
  }

  /** Returns the hash at the end of the names of a pod's chains: 16 characters. */
  static String podHash(ObjectKey pod) {
    return hash(pod.namespace() + "/" + pod.name(), POD_HASH_LENGTH);
  }

  /** Returns the dispatch chain for the pods in a block, below {@link #FROM} or {@link #TO}. */
  public static String dispatchChain(String root, Cidr block) {
    return root + "-" + hash(block.toString(), 14);
  }

  /**
   * Returns the dispatch chain for the ports with a prefix, below {@link #BRIDGE_FROM} or {@link
   * #BRIDGE_TO}.
   */
  public static String portChain(String root, String prefix) {
    return root + "-" + hash(prefix, 9);
  }

  /** Returns the name of the set for a canonical description of its content. */
  public static String set(Family family, String content) {
    return PREFIX + (family == Family.IPV4 ? "4-" : "6-") + hash(content, 20);
  }

  /** Returns the family in the name of a set; empty if it has none. */
  public static Optional<Family> familyOfSet(String name) {
    return Stream.of(Family.values())
        .filter(family -> name.startsWith(PREFIX + (family == Family.IPV4 ? "4-" : "6-")))
        .findFirst();
  }

  /** Returns a short hash of a text. */
  public static String digest(String text) {
    return hash(text, 16);
  }

  /** Returns the first characters of the SHA-256 hash in base 32, five bits each. */
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
