package io.netpol.kubernetes.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.netpol.kubernetes.parse.ObjectConverter;
import io.netpol.kubernetes.parse.Reason;
import io.netpol.kubernetes.parse.RefusedObject;
import io.netpol.model.Kind;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.model.Problem;
import io.netpol.net.Quote;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Holds the objects that a folder of manifest files declares.
 *
 * @param namespaces the declared namespaces, and those that other objects are in; sorted by name
 * @param pods in the order of the files
 * @param nodes in the order of the files
 * @param policies in the order of the files
 * @param warnings fields that are odd but accepted
 * @param skipped a sentence for each kind of another API group that may be mistaken for a supported
 *     one, or about a folder without files
 * @param refused objects that an API server would refuse, or that cannot be parsed; they are not in
 *     the lists
 */
public record Manifests(
    List<Namespace> namespaces,
    List<Pod> pods,
    List<Node> nodes,
    List<NetworkPolicy> policies,
    List<Problem> warnings,
    List<String> skipped,
    List<RefusedObject> refused) {

  /** The length of a file name in messages; more than most file systems allow for one part. */
  private static final int MAX_NAME = 512;

  public Manifests {
    namespaces = List.copyOf(namespaces);
    pods = List.copyOf(pods);
    nodes = List.copyOf(nodes);
    policies = List.copyOf(policies);
    warnings = List.copyOf(warnings);
    skipped = List.copyOf(skipped);
    refused = List.copyOf(refused);
  }

  /** Makes the manifests of objects from an API server, which has refused none. */
  public Manifests(
      List<Namespace> namespaces,
      List<Pod> pods,
      List<Node> nodes,
      List<NetworkPolicy> policies,
      List<Problem> warnings) {
    this(namespaces, pods, nodes, policies, warnings, List.of(), List.of());
  }

  /** Returns remarks for the user, one sentence each. */
  public List<String> remarks() {
    return Stream.concat(warnings.stream().map(Problem::toString), skipped.stream()).toList();
  }

  /**
   * Reads all {@code *.yaml}, {@code *.yml} and {@code *.json} files of the folder and those below,
   * sorted by path. Objects of other kinds and groups are skipped.
   *
   * @throws ManifestException for the first object that cannot be parsed, is declared twice, or
   *     that the API server would refuse
   */
  public static Manifests read(Path folder) throws ManifestException {
    return read(folder, true);
  }

  /**
   * Reads the folder like {@link #read}, but continues after {@link #refused} objects.
   *
   * @throws ManifestException if the folder cannot be read
   */
  public static Manifests readAll(Path folder) throws ManifestException {
    return read(folder, false);
  }

  private static Manifests read(Path folder, boolean strict) throws ManifestException {
    Reading reading = new Reading(strict);
    List<Path> files = files(folder);
    if (files.isEmpty()) {
      reading.remark(folder + ": no manifests are there (*.yaml, *.yml and *.json are read)");
    }
    for (Path file : files) {
      reading.file(file, name(folder.relativize(file)));
    }
    return reading.result();
  }

  /**
   * Reads one file like {@link #read}.
   *
   * @throws ManifestException for the first object that cannot be parsed, is declared twice, or
   *     that the API server would refuse
   */
  public static Manifests readFile(Path file) throws ManifestException {
    Reading reading = new Reading(true);
    reading.file(file, name(file.getFileName()));
    return reading.result();
  }

  private static String name(Path file) {
    return Quote.printable(file.toString().replace('\\', '/'), MAX_NAME);
  }

  private static List<Path> files(Path folder) throws ManifestException {
    if (folder.toString().isEmpty()) {
      throw new ManifestException("the name of the folder is empty");
    } else if (!Files.isDirectory(folder)) {
      throw new ManifestException(folder + ": not a folder");
    }
    try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return all.filter(file -> isManifest(folder.relativize(file)))
          .filter(file -> !Files.isDirectory(file))
          .sorted()
          .toList();
    } catch (IOException | java.io.UncheckedIOException e) {
      throw new ManifestException("cannot read " + Reason.of(e));
    }
  }

  /**
   * Returns whether a file is a manifest. Hidden files and folders are not: a mounted ConfigMap has
   * copies in them.
   */
  private static boolean isManifest(Path file) {
    for (Path part : file) {
      if (part.toString().startsWith(".")) {
        return false;
      }
    }
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json");
  }

  /** Collects the objects of files. */
  private static final class Reading {

    private static final String POLICY_VERSION = "networking.k8s.io/v1";
    private static final String OLD_POLICY_VERSION = "extensions/v1beta1";
    private static final String POLICY_GROUP = "networking.k8s.io/";

    private final boolean strict;
    private final Map<String, Namespace> namespaces = new TreeMap<>();
    private final List<Pod> pods = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<NetworkPolicy> policies = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private final SkippedKinds skipped = new SkippedKinds();
    private final List<RefusedObject> refused = new ArrayList<>();
    private final List<RefusedObject> refusedInFile = new ArrayList<>();
    private final Map<String, String> declaredIn = new HashMap<>();

    private final List<Problem> problems = new ArrayList<>();
    private final ObjectConverter converter = new ObjectConverter(problems::add);

    /** Makes an empty collection; strict makes it throw on the first refused object. */
    Reading(boolean strict) {
      this.strict = strict;
    }

    /** Adds a remark for the user. */
    void remark(String sentence) {
      remarks.add(sentence);
    }

    /** Adds all documents of a file. */
    void file(Path file, String name) throws ManifestException {
      List<ManifestDocument> documents = new ArrayList<>();
      ManifestException unreadable = null;
      try {
        ManifestFile.read(file, name, documents);
      } catch (ManifestException e) {
        unreadable = e; // documents before it count
      }
      for (ManifestDocument document : documents) {
        if (document.content() != null && !document.content().isNull()) {
          take(document, "", document.content(), null);
        }
        if (strict && !refusedInFile.isEmpty()) {
          break;
        }
      }
      if (unreadable != null) {
        refusedInFile.add(unreadable.refused().orElseThrow(() -> new IllegalStateException(name)));
      }
      List<RefusedObject> found = ManifestLines.of(file, List.copyOf(refusedInFile));
      refusedInFile.clear();
      if (strict && !found.isEmpty()) {
        throw new ManifestException(found.get(0));
      }
      refused.addAll(found);
    }

    private void take(ManifestDocument document, String path, JsonNode node, JsonNode list) {
      try {
        object(document, path, node, list);
      } catch (ManifestException e) {
        problems.clear();
        JsonNode metadata = node.path("metadata");
        String listed = list == null ? "" : printable(list.path("kind"));
        String kind =
            node.has("kind") || !listed.endsWith("List")
                ? printable(node.path("kind"))
                : listed.substring(0, listed.length() - "List".length());
        String namespace = printable(metadata.path("namespace"));
        boolean isNamespaced = kind.equals("NetworkPolicy") || kind.equals("Pod");
        refusedInFile.add(
            e.refused()
                .orElseThrow(() -> new IllegalStateException(e))
                .of(
                    kind,
                    isNamespaced && namespace.isEmpty() ? "default" : namespace,
                    printable(metadata.path("name"))));
      }
    }

    private static String printable(JsonNode node) {
      return node.isTextual() ? Quote.printable(node.asText(), MAX_NAME) : "";
    }

    /**
     * Adds an object, or each item of a list.
     *
     * @param list the list of the object, which determines its kind if it has none; null outside
     *     lists
     */
    private void object(ManifestDocument document, String path, JsonNode node, JsonNode list)
        throws ManifestException {
      if (!node.isObject()) {
        throw document.error(path, "not an object");
      }
      String kind = text(document, path, node, "kind");
      String version = text(document, path, node, "apiVersion");
      if (kind == null && list != null) {
        String listKind = list.path("kind").asText();
        kind = listKind.substring(0, listKind.length() - "List".length());
        version = list.path("apiVersion").asText();
      }
      if (kind == null || kind.isEmpty()) {
        throw document.error(ManifestObjects.join(path, "kind"), "missing");
      }
      if (version == null || version.isEmpty()) {
        throw document.error(ManifestObjects.join(path, "apiVersion"), "missing");
      }
      if (kind.equals("List") || kind.endsWith("NetworkPolicyList")) {
        items(document, path, node);
      } else if (version.equals("v1")) {
        core(document, path, node, kind);
      } else if (kind.equals("NetworkPolicy") && isOurs(version)) {
        policy(document, path, node, version);
      } else {
        skipped.note(version, kind, document.file());
      }
    }

    private static boolean isOurs(String version) {
      return version.startsWith(POLICY_GROUP) || version.startsWith("extensions/");
    }

    private void core(ManifestDocument document, String path, JsonNode node, String kind)
        throws ManifestException {
      switch (kind) {
        case "PodList", "NamespaceList", "NodeList" -> items(document, path, node);
        case "Pod" -> pod(document, path, node);
        case "Namespace" -> namespace(document, path, node);
        case "Node" -> node(document, path, node);
        case "NetworkPolicy" -> policy(document, path, node, "v1");
        default -> {} // of no interest
      }
    }

    private void items(ManifestDocument document, String path, JsonNode node)
        throws ManifestException {
      JsonNode items = node.path("items");
      if (!items.isArray() && !items.isNull() && !items.isMissingNode()) {
        throw document.error(ManifestObjects.join(path, "items"), "not a list");
      }
      boolean typed = !"List".equals(node.path("kind").asText());
      for (int i = 0; i < items.size(); i++) {
        String field = ManifestObjects.join(path, "items[" + i + "]");
        take(document, field, items.get(i), typed ? node : null);
        if (strict && !refusedInFile.isEmpty()) {
          return;
        }
      }
    }

    private void pod(ManifestDocument document, String path, JsonNode node)
        throws ManifestException {
      var pod =
          ManifestObjects.read(document, path, node, io.fabric8.kubernetes.api.model.Pod.class);
      inDefaultNamespace(pod);
      take(document, path, Kind.POD, pod, converter.pod(pod)).ifPresent(pods::add);
    }

    private void namespace(ManifestDocument document, String path, JsonNode node)
        throws ManifestException {
      var namespace =
          ManifestObjects.read(
              document, path, node, io.fabric8.kubernetes.api.model.Namespace.class);
      if (namespace.getMetadata() != null) {
        namespace.getMetadata().setNamespace(null);
      }
      take(document, path, Kind.NAMESPACE, namespace, converter.namespace(namespace))
          .ifPresent(n -> namespaces.put(n.name(), n));
    }

    private void node(ManifestDocument document, String path, JsonNode json)
        throws ManifestException {
      var node =
          ManifestObjects.read(document, path, json, io.fabric8.kubernetes.api.model.Node.class);
      if (node.getMetadata() != null) {
        node.getMetadata().setNamespace(null);
      }
      take(document, path, Kind.NODE, node, converter.node(node)).ifPresent(nodes::add);
    }

    private void policy(ManifestDocument document, String path, JsonNode node, String version)
        throws ManifestException {
      if (!version.equals(POLICY_VERSION)) {
        throw document.error(
            ManifestObjects.join(path, "apiVersion"),
            "a NetworkPolicy of "
                + Quote.quote(version)
                + (version.equals(OLD_POLICY_VERSION)
                    ? ", which no API server serves any more: write apiVersion: "
                    : ", which no API server knows: write apiVersion: ")
                + POLICY_VERSION);
      }
      PolicySchema.check(document, path, node);
      var policy =
          ManifestObjects.read(
              document,
              path,
              node,
              io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy.class);
      inDefaultNamespace(policy);
      take(document, path, Kind.NETWORK_POLICY, policy, converter.networkPolicy(policy))
          .ifPresent(policies::add);
    }

    private static void inDefaultNamespace(HasMetadata object) {
      ObjectMeta metadata = object.getMetadata();
      if (metadata != null
          && (metadata.getNamespace() == null || metadata.getNamespace().isEmpty())) {
        metadata.setNamespace("default");
      }
    }

    /** Returns a converted object if it is valid and not a duplicate. */
    private <T> Optional<T> take(
        ManifestDocument document,
        String path,
        Kind kind,
        HasMetadata object,
        Optional<T> converted)
        throws ManifestException {
      for (Problem problem : problems) {
        if (problem.severity() == Problem.Severity.ERROR) {
          throw document.error(
              ManifestObjects.join(path, Quote.printable(problem.field())),
              problem.reason()
                  + (problem.field().startsWith("metadata.annotations")
                      ? "; where an API server has it, " + problem.effect()
                      : ""));
        }
        warnings.add(problem);
      }
      problems.clear();
      ObjectMeta metadata = object.getMetadata();
      String namespace = metadata.getNamespace() == null ? "" : metadata.getNamespace();
      ObjectKey key = new ObjectKey(namespace, metadata.getName());
      String first =
          declaredIn.putIfAbsent(
              kind + " " + key, document.file() + ", document " + document.number());
      if (first != null) {
        throw document.error(
            path,
            kind.kubernetesName()
                + " "
                + Quote.printable(key.toString())
                + " is declared twice, first in "
                + first);
      }
      return converted;
    }

    private static String text(ManifestDocument document, String path, JsonNode node, String field)
        throws ManifestException {
      JsonNode value = node.get(field);
      if (value != null && !value.isNull() && !value.isTextual()) {
        throw document.error(ManifestObjects.join(path, field), "not a text");
      }
      return value == null || value.isNull() ? null : value.asText();
    }

    Manifests result() {
      Stream.concat(
              pods.stream().map(p -> p.key().namespace()),
              policies.stream().map(p -> p.key().namespace()))
          .forEach(name -> namespaces.computeIfAbsent(name, Namespace::named));
      return new Manifests(
          List.copyOf(namespaces.values()),
          pods,
          nodes,
          policies,
          warnings,
          Stream.concat(remarks.stream(), skipped.warnings().stream()).toList(),
          refused);
    }
  }
}
