package io.netpol.route.settings;

import io.netpol.dataplane.DataplaneProvider;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.kubernetes.parse.NameSyntax;
import io.netpol.model.DefaultIsolation;
import io.netpol.net.Family;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Validates the settings and gives their values. Immutable. */
public final class Settings {

  private static final Logger LOG = LoggerFactory.getLogger(Settings.class);

  /** The kernel's list of IPv6 addresses, {@code proc(5)}; absent if it has no IPv6. */
  private static final Path IF_INET6 = Path.of("/proc/net/if_inet6");

  /**
   * Variables that the kubelet sets for a Service whose name starts with netpol, which are no
   * settings (<a
   * href="https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables">Services</a>).
   */
  private static final Pattern SERVICE_LINK =
      Pattern.compile("NETPOL_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)");

  private static final int MAX_MILLIS = 24 * 60 * 60 * 1000;

  /** The bound of a priority in nftables; those of the kernel's own hooks are within. */
  private static final int MAX_PRIORITY = 1_000;

  /** Camel shortens a longer redelivery delay to this ({@code maximumRedeliveryDelay}). */
  private static final int LONGEST_REDELIVERY_MILLIS = 60_000;

  /** A setting is invalid or unknown; the message names it. */
  public static final class BadSettingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadSettingException(String message) {
      super(message);
    }
  }

  /** Prefixes of properties that belong to an operator's own routes or to Camel itself. */
  private static final List<String> OTHERS = List.of("route.", "camel.");

  private final Map<Setting, String> values = new EnumMap<>(Setting.class);
  private final Map<String, String> others = new TreeMap<>();

  private Settings() {}

  /** Returns the defaults with overrides; for tests and embedding. */
  public static Settings of(Map<Setting, String> overrides) {
    return of(overrides, Map.of());
  }

  /**
   * Returns the defaults with overrides, and properties that are not settings of the agent.
   *
   * @param others as in {@link #others}
   */
  public static Settings of(Map<Setting, String> overrides, Map<String, String> others) {
    Settings settings = new Settings();
    settings.others.putAll(others);
    for (Setting setting : Setting.values()) {
      settings.values.put(setting, overrides.getOrDefault(setting, setting.defaultValue()));
    }
    settings.check();
    return settings;
  }

  /**
   * Reads {@code conf/netpol.properties} and the environment.
   *
   * @param home the distribution's folder; null if there is none
   * @param environment the variables, as from {@link System#getenv()}
   * @param overrides values that win over both, such as command-line options
   * @throws BadSettingException if a value is invalid, or a property or {@code NETPOL_} variable is
   *     unknown
   */
  public static Settings load(
      Path home, Map<String, String> environment, Map<Setting, String> overrides) {
    Properties file = new Properties();
    Path path = home == null ? null : home.resolve("conf/netpol.properties");
    if (path != null && Files.exists(path)) {
      try (Reader reader = Files.newBufferedReader(path)) {
        file.load(reader);
      } catch (IOException | IllegalArgumentException e) {
        throw new BadSettingException("cannot read " + path + ": " + e.getMessage());
      }
    }
    refuseUnknown(file, path, environment);
    Map<Setting, String> found = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      String fromFile =
          value(setting.property(), setting.formerProperty(), file::getProperty, path + ": ");
      String fromEnvironment =
          value(setting.variable(), setting.formerVariable(), environment::get, "");
      if (overrides.containsKey(setting)) {
        found.put(setting, overrides.get(setting));
      } else if (fromEnvironment != null) {
        found.put(setting, fromEnvironment);
      } else if (fromFile != null) {
        found.put(setting, fromFile);
      }
    }
    if (home != null && found.getOrDefault(Setting.ROUTES, "").isBlank()) {
      found.put(Setting.ROUTES, home.resolve("routes").toString());
    }
    Map<String, String> others = new TreeMap<>();
    for (String name : file.stringPropertyNames()) {
      if (isOther(name)) {
        others.put(name, file.getProperty(name).trim());
      }
    }
    return of(found, others);
  }

  /** Returns the value of a name, or of its former name with a warning; null without either. */
  private static String value(
      String name, String former, UnaryOperator<String> values, String where) {
    String value = values.apply(name);
    String before = former == null ? null : values.apply(former);
    if (before == null) {
      return value;
    } else if (value != null) {
      throw new BadSettingException(
          where + former + " is called " + name + " now, and both are set: remove the first");
    }
    LOG.warn(
        "{}{} is called {} now; the next version will refuse the old name", where, former, name);
    return before;
  }

  private static boolean isOther(String name) {
    return OTHERS.stream().anyMatch(name::startsWith);
  }

  private static Set<String> names(
      Function<Setting, String> name, Function<Setting, String> former) {
    return Arrays.stream(Setting.values())
        .flatMap(setting -> Stream.of(name.apply(setting), former.apply(setting)))
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  private static void refuseUnknown(Properties file, Path path, Map<String, String> environment) {
    Set<String> properties = names(Setting::property, Setting::formerProperty);
    Set<String> variables = names(Setting::variable, Setting::formerVariable);
    for (String name : new TreeSet<>(file.stringPropertyNames())) {
      if (!isOther(name) && !properties.contains(name)) {
        throw new BadSettingException(path + ": unknown setting " + name);
      }
    }
    for (String name : new TreeSet<>(environment.keySet())) {
      boolean notOurs =
          !name.startsWith("NETPOL_")
              || name.startsWith("NETPOL_TEST_")
              || SERVICE_LINK.matcher(name).matches()
              || name.equals("NETPOL_JAVA_OPTS");
      if (!notOurs && !variables.contains(name)) {
        throw new BadSettingException("unknown setting: environment variable " + name);
      }
    }
  }

  private void check() {
    renderOptions();
    defaultIsolation();
    audits();
    dataplane();
    isOn(Setting.TERMINATE_CONNECTIONS);
    for (Setting setting :
        new Setting[] {
          Setting.LIST_TIMEOUT,
          Setting.WATCH_SILENCE,
          Setting.CACHE_MAX_STALENESS,
          Setting.BATCH_INTERVAL,
          Setting.BATCH_INTERVAL_MAX,
          Setting.COMMAND_TIMEOUT,
          Setting.RETRY_INTERVAL,
          Setting.RESYNC_INTERVAL,
          Setting.LINT_INTERVAL,
          Setting.CHECK_DELAY,
          Setting.COUNTERS_INTERVAL
        }) {
      number(setting, 1, MAX_MILLIS);
    }
    number(Setting.LOCK_WAIT_SECONDS, 1, 600);
    number(Setting.RETRY_DELAY, 1, LONGEST_REDELIVERY_MILLIS);
    number(Setting.HTTP_PORT, 1, 65535);
    mostLetters();
    mostLetterBytes();
    payloadChars();
    events();
    isOn(Setting.NOTICES_SPEC);
    isOn(Setting.ROUTES_RELOAD);
    isOn(Setting.COUNTERS);
    agentLog();
    if (!get(Setting.NODE).isEmpty() && NameSyntax.NAME.whyRefused(get(Setting.NODE)).isPresent()) {
      throw bad(Setting.NODE, "the name of a Node");
    }
    for (Setting setting : Setting.values()) {
      // exec takes the words between double quotes as one
      if (setting.property().startsWith("netpol.command.")
          && get(setting).chars().filter(c -> c == '"').count() % 2 != 0) {
        throw bad(setting, "a command whose quotes are closed");
      }
    }
    for (Setting setting : new Setting[] {Setting.COMMAND_IPTABLES, Setting.COMMAND_IP6TABLES}) {
      String command = get(setting);
      if (!command.equals("auto") && !command.endsWith("-restore")) {
        throw bad(setting, "auto, or a command that ends in -restore");
      }
    }
    for (Setting setting :
        new Setting[] {
          Setting.COMMAND_IPSET,
          Setting.COMMAND_CONNTRACK,
          Setting.COMMAND_IP,
          Setting.COMMAND_BRIDGE
        }) {
      if (get(setting).isBlank()) {
        throw bad(setting, "a command");
      }
    }
    Contradictions.check(this);
  }

  /** Returns the value of a setting or its default, trimmed. */
  public String get(Setting setting) {
    return values.get(setting).trim();
  }

  /**
   * Returns the value of the setting that a property sets, or its default; without blanks around
   * it.
   *
   * @throws IllegalArgumentException if no setting has the name
   */
  public String get(String property) {
    return get(
        Setting.named(property)
            .orElseThrow(() -> new IllegalArgumentException("no setting " + property)));
  }

  /**
   * Returns the properties of the file that are not settings of the agent: {@code route.} for an
   * operator's own routes, {@code camel.} for Camel itself.
   */
  public Map<String, String> others() {
    return Map.copyOf(others);
  }

  /**
   * Returns the name of this node.
   *
   * @throws BadSettingException if it is not set
   */
  public String node() {
    if (get(Setting.NODE).isEmpty()) {
      throw new BadSettingException(
          Setting.NODE.property()
              + " is not set (environment variable "
              + Setting.NODE.variable()
              + "): the name of the node that the agent runs on");
    }
    return get(Setting.NODE);
  }

  /** Returns the settings about rules. */
  public RenderOptions renderOptions() {
    RenderOptions.Log log =
        new RenderOptions.Log(
            choice(Setting.LOG, RenderOptions.Log.To.class),
            number(Setting.LOG_GROUP, 0, 65535),
            number(Setting.LOG_PER_MINUTE, 1, 10_000),
            get(Setting.LOG_PREFIX));
    return new RenderOptions(
        families(),
        choice(Setting.PEERS, RenderOptions.PeerForm.class),
        choice(Setting.ALLOWED, RenderOptions.Accept.class),
        choice(Setting.DENIED, RenderOptions.Deny.class),
        log,
        choice(Setting.UNPROGRAMMED, RenderOptions.Unprogrammed.class),
        new RenderOptions.Bridge(
            choice(Setting.BRIDGE, RenderOptions.Filter.class),
            choice(Setting.BRIDGE_ADVERTISEMENTS, RenderOptions.Advertisements.class)),
        number(Setting.NFTABLES_PRIORITY, -MAX_PRIORITY, MAX_PRIORITY));
  }

  /** Returns which pods are isolated without a policy. */
  public DefaultIsolation defaultIsolation() {
    return choice(Setting.DEFAULT_ISOLATION, DefaultIsolation.class);
  }

  /** Returns whether all policies are in audit mode on this node. */
  public boolean audits() {
    return choice(Setting.AUDIT, Switch.class) == Switch.ON;
  }

  /** Returns the longest payload in a dead letter, in characters. */
  public int payloadChars() {
    return number(Setting.DEAD_LETTERS_PAYLOAD_CHARS, 100, 100_000);
  }

  /** Returns whether Kubernetes Events are published. */
  public boolean events() {
    return isOn(Setting.EVENTS);
  }

  /** Returns how many dead letters the folder may have. */
  public int mostLetters() {
    return number(Setting.DEAD_LETTERS_FILES, 1, 100_000);
  }

  /** Returns how many bytes the files of dead letters may have together. */
  public long mostLetterBytes() {
    return 1024L * number(Setting.DEAD_LETTERS_KIB, 1024, 1_048_576);
  }

  /** Returns whether a setting of on or off is on. */
  public boolean isOn(Setting setting) {
    return choice(setting, Switch.class) == Switch.ON;
  }

  /** Returns the format of the agent's own log. */
  public LogForm agentLog() {
    return choice(Setting.AGENT_LOG, LogForm.class);
  }

  /** Formats of the agent's own log. */
  public enum LogForm {
    TEXT,
    JSON
  }

  private enum Switch {
    ON,
    OFF
  }

  private Set<Family> families() {
    String value = get(Setting.FAMILIES);
    if (value.equals("auto")) {
      return Files.exists(IF_INET6) ? EnumSet.allOf(Family.class) : EnumSet.of(Family.IPV4);
    }
    Set<Family> families = EnumSet.noneOf(Family.class);
    for (String name : value.split(",")) {
      families.add(
          RenderOptions.choice(Family.class, name)
              .orElseThrow(() -> bad(Setting.FAMILIES, "auto, ipv4, ipv6 or ipv4,ipv6")));
    }
    return families;
  }

  /**
   * Returns the value as an enum constant.
   *
   * @throws BadSettingException if it is none
   */
  public <E extends Enum<E>> E choice(Setting setting, Class<E> type) {
    return RenderOptions.choice(type, get(setting))
        .orElseThrow(
            () ->
                bad(
                    setting,
                    "one of "
                        + Arrays.stream(type.getEnumConstants())
                            .map(value -> value.name().toLowerCase(java.util.Locale.ROOT))
                            .collect(Collectors.joining(", "))));
  }

  /** Returns the provider of the dataplane that {@code netpol.backend} names. */
  public DataplaneProvider dataplane() {
    return DataplaneProvider.of(get(Setting.BACKEND).trim().toLowerCase(Locale.ROOT))
        .orElseThrow(
            () ->
                bad(
                    Setting.BACKEND,
                    "one of "
                        + DataplaneProvider.ALL.stream()
                            .flatMap(provider -> provider.backends().stream())
                            .collect(Collectors.joining(", "))));
  }

  /** Returns the value of a setting in milliseconds. */
  public Duration millis(Setting setting) {
    return Duration.ofMillis(number(setting, 1, MAX_MILLIS));
  }

  /** Returns the value as a number within bounds, both inclusive. */
  int number(Setting setting, int least, int most) {
    try {
      int number = Integer.parseInt(get(setting));
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // the same message as for a number out of range
    }
    throw bad(setting, "a number from " + least + " to " + most);
  }

  private BadSettingException bad(Setting setting, String expected) {
    return new BadSettingException(
        setting.property()
            + " (environment variable "
            + setting.variable()
            + ") is "
            + io.netpol.net.Quote.quote(get(setting))
            + ", expected "
            + expected);
  }
}
