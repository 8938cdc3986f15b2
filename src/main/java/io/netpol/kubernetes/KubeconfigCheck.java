package io.netpol.kubernetes;

import io.netpol.kubernetes.manifest.ManifestException;
import io.netpol.kubernetes.parse.Reason;
import io.netpol.net.Quote;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Checks that kubeconfig files name a server.
 *
 * <p>The client ignores a file that is empty, partial or unreadable, and then connects to a default
 * server.
 */
public final class KubeconfigCheck {

  private final String names;
  private final List<Map<?, ?>> files = new ArrayList<>();

  private KubeconfigCheck(String names) {
    this.names = names;
  }

  /**
   * Checks files that are merged, as {@code KUBECONFIG} lists them.
   *
   * @throws ManifestException if they do not name a server; the message is one sentence
   */
  public static void check(List<String> files) throws ManifestException {
    KubeconfigCheck check = new KubeconfigCheck(String.join(", ", files));
    for (String file : files) {
      check.files.add(read(file));
    }
    check.check();
  }

  private void check() throws ManifestException {
    Optional<String> current =
        files.stream()
            .map(file -> text(file, "current-context"))
            .filter(Objects::nonNull)
            .findFirst();
    if (current.isEmpty()) {
      throw lacks("current-context; kubectl config use-context NAME sets it");
    }
    Map<?, ?> context = named("contexts", "context", current.get(), "current-context");
    String because = "context " + Quote.quote(current.get());
    Map<?, ?> cluster = named("clusters", "cluster", text(context, "cluster"), because);
    String clusterName = Quote.quote(text(context, "cluster"));
    if (text(cluster, "server") == null) {
      throw lacks("server for its cluster " + clusterName);
    } else if (!isUrl(text(cluster, "server"))) {
      throw lacks(
          "URL for the server of its cluster "
              + clusterName
              + ", but "
              + Quote.quote(text(cluster, "server")));
    }
    if (text(context, "user") != null) {
      named("users", "user", text(context, "user"), because);
    }
  }

  /** Returns whether the text is a URL, with or without a scheme, as the client accepts it. */
  private static boolean isUrl(String server) {
    try {
      URI uri = new URI(server.contains("://") ? server : "https://" + server);
      return uri.getHost() != null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Returns the entry with a name in a list of the files. */
  private Map<?, ?> named(String list, String what, String name, String because)
      throws ManifestException {
    for (Map<?, ?> file : files) {
      for (Object each : file.get(list) instanceof List<?> all ? all : List.of()) {
        if (name != null && each instanceof Map<?, ?> entry && name.equals(text(entry, "name"))) {
          return entry.get(what) instanceof Map<?, ?> value ? value : Map.of();
        }
      }
    }
    throw lacks(
        name == null
            ? what + " in its " + because
            : what + " " + Quote.quote(name) + ", which its " + because + " names");
  }

  private static String text(Map<?, ?> map, String key) {
    Object value = map.get(key);
    return value == null || value.toString().isBlank() ? null : value.toString();
  }

  private ManifestException lacks(String what) {
    return new ManifestException("the kubeconfig " + names + " has no " + what);
  }

  private static Map<?, ?> read(String file) throws ManifestException {
    Path path = Path.of(file);
    if (!Files.exists(path)) {
      throw new ManifestException("no such file: " + file);
    } else if (Files.isDirectory(path)) {
      throw bad(file, "is a folder");
    }
    String text;
    try {
      text = Files.readString(path, StandardCharsets.UTF_8);
    } catch (AccessDeniedException e) {
      throw bad(file, "may not be read by this user");
    } catch (CharacterCodingException e) {
      throw bad(file, "is not UTF-8");
    } catch (IOException e) {
      throw bad(file, "cannot be read: " + Reason.ofFile(e));
    }
    Object value;
    try {
      value = new Load(LoadSettings.builder().build()).loadFromString(text);
    } catch (MarkedYamlEngineException e) {
      String line = e.getProblemMark().map(m -> " (line " + (m.getLine() + 1) + ")").orElse("");
      throw bad(file, "is not YAML: " + e.getProblem() + line);
    } catch (YamlEngineException e) {
      throw bad(file, "is not YAML: " + e.getMessage());
    }
    if (value == null) {
      throw bad(file, "is empty");
    } else if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw bad(file, "has no fields");
  }

  private static ManifestException bad(String file, String what) {
    return new ManifestException("the kubeconfig " + file + " " + what);
  }
}
