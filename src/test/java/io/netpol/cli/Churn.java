package io.netpol.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Changes policies and pods all the time, at random, in such a way that some flows are denied and
 * some allowed in every state: pods {@code web}, {@code cart} and {@code api} may reach {@code db},
 * {@code cart} may reach nobody else, and {@code toy} and the world may never reach {@code db}.
 */
final class Churn implements AutoCloseable {

  /** Three ways to say the same, each with other chains and sets. */
  private static final List<String> SAME =
      List.of(
          "[{podSelector: {matchExpressions: [{key: app, operator: In, values: [web, cart, api]}]}}]",
          "[{podSelector: {matchLabels: {app: web}}}, {podSelector: {matchLabels: {app: cart}}},"
              + " {podSelector: {matchLabels: {app: api}}}]",
          "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NS-shop}},"
              + " podSelector: {matchExpressions: [{key: app, operator: In, values: [web, cart, api]}]}}]");

  private static final int POLICIES = 12;
  private static final int GHOSTS = 24;

  private final ApiFixture api;
  private final Random random;
  private final boolean[] policies = new boolean[POLICIES];
  private final boolean[] ghosts = new boolean[GHOSTS];
  private final List<RuntimeException> failures = new ArrayList<>();
  private final Thread thread = new Thread(this::run, "churn");
  private volatile boolean ended;
  private volatile long changes;

  /** Makes the policies that hold in every state. */
  Churn(ApiFixture api, long seed) {
    this.api = api;
    this.random = new Random(seed);
    rest();
    api.policy(
        "shop",
        "cart",
        """
        podSelector: {matchLabels: {app: cart}}
        policyTypes: [Egress]
        egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]
        """);
  }

  void start() {
    thread.start();
  }

  /** How many changes were made. */
  long changes() {
    return changes;
  }

  private void run() {
    while (!ended) {
      try {
        change();
        changes++;
        Thread.sleep(random.nextInt(40));
      } catch (RuntimeException e) {
        failures.add(e);
        return;
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void change() {
    switch (random.nextInt(6)) {
      case 0 -> db(SAME.get(random.nextInt(SAME.size())));
      case 1, 2 -> policy(random.nextInt(POLICIES), random.nextInt(3) > 0);
      default -> ghost(random.nextInt(GHOSTS), random.nextInt(3) > 0);
    }
  }

  private void db(String from) {
    api.policy(
        "shop", "db", "podSelector: {matchLabels: {app: db}}\ningress: [{from: " + from + "}]\n");
  }

  private void policy(int number, boolean wanted) {
    String name = "churn-" + number;
    if (wanted) {
      String peer =
          switch (random.nextInt(4)) {
            case 0 -> "podSelector: {matchLabels: {app: guest-" + random.nextInt(4) + "}}";
            case 1 ->
                "ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100."
                    + random.nextInt(250)
                    + "/32]}";
            case 2 -> "ipBlock: {cidr: \"2001:db8:" + random.nextInt(99) + "::/48\"}";
            default ->
                "namespaceSelector: {}, podSelector: {matchLabels: {app: guest-"
                    + random.nextInt(4)
                    + "}}";
          };
      String rules =
          switch (number % 3) {
            case 0 -> "podSelector: {matchLabels: {app: db}}\ningress: [{from: [{PEER}]}]\n";
            case 1 ->
                "podSelector: {matchLabels: {app: cart}}\npolicyTypes: [Egress]\negress: [{to: [{PEER}]}]\n";
            default ->
                "podSelector: {matchExpressions: [{key: ghost, operator: Exists}]}\n"
                    + "policyTypes: [Ingress, Egress]\ningress: [{from: [{PEER}], ports: [{port: 80}]}]\n";
          };
      api.policy("shop", name, rules.replace("PEER", peer));
    } else if (policies[number]) {
      api.deletePolicy("shop", name);
    }
    policies[number] = wanted;
  }

  /** A pod that nothing answers for, at an address that no other pod has. */
  private void ghost(int number, boolean wanted) {
    String name = "shop/ghost-" + number;
    List<String> apps = List.of("web", "cart-2", "api", "guest-0", "guest-1", "guest-2", "guest-3");
    String app = apps.get(random.nextInt(apps.size()));
    if (wanted && ghosts[number]) {
      api.editPod(name, pod -> pod.getMetadata().getLabels().put("app", app));
    } else if (wanted) {
      String node = random.nextBoolean() ? "n1" : "n2";
      int net = node.equals("n1") ? 1 : 2;
      int host = 100 + number + random.nextInt(4) * GHOSTS;
      api.createPod(
          name,
          node,
          Map.of("app", app, "ghost", "yes"),
          List.of(
              "10.244." + net + "." + host,
              "fd00:244:0:" + net + "::" + Integer.toHexString(host)));
    } else if (ghosts[number]) {
      api.deletePod(name);
    }
    ghosts[number] = wanted;
  }

  /** The form in which it all began. */
  private void rest() {
    db(SAME.get(0));
  }

  /** Stops, and takes back whatever was changed. */
  @Override
  public void close() throws InterruptedException {
    ended = true;
    thread.join();
    for (int i = 0; i < POLICIES; i++) {
      policy(i, false);
    }
    for (int i = 0; i < GHOSTS; i++) {
      ghost(i, false);
    }
    rest();
    if (!failures.isEmpty()) {
      throw new IllegalStateException("a change failed", failures.get(0));
    }
  }
}
