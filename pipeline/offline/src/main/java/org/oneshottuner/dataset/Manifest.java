package org.oneshottuner.dataset;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What stands beside every output: how it came to be, and the files that belong to it. What no
 * manifest vouches for is not part of an output.
 *
 * <p>Its form is one canonical text: JSON, two spaces an indent, keys and files in fixed order, so
 * that equal manifests have equal bytes, and behind it a line {@code sha256 } and the digest of all
 * bytes before that line. A text that is not what this class would write is refused.
 *
 * @param kind what the output is, such as {@code measurements}
 * @param commit of the source that made it; ends in {@code +} if the tree was changed
 * @param seed of every draw
 * @param java runtime's vendor and version
 * @param os name, version and architecture
 * @param conf settings in force, by key
 * @param inputs digest of each input's manifest, by the input's name
 * @param facts what else is worth knowing, by name
 * @param files sorted by path
 */
public record Manifest(
    String kind,
    String commit,
    long seed,
    String java,
    String os,
    SortedMap<String, String> conf,
    SortedMap<String, String> inputs,
    SortedMap<String, String> facts,
    List<ManifestFile> files) {
  private static final int VERSION = 1;
  private static final String DIGEST_LINE = "sha256 ";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Copies the collections, and refuses a file named twice. */
  public Manifest {
    requireNonNull(kind, "kind");
    requireNonNull(commit, "commit");
    requireNonNull(java, "java");
    requireNonNull(os, "os");
    conf = Collections.unmodifiableSortedMap(new TreeMap<>(conf));
    inputs = Collections.unmodifiableSortedMap(new TreeMap<>(inputs));
    facts = Collections.unmodifiableSortedMap(new TreeMap<>(facts));
    List<ManifestFile> sorted = new ArrayList<>(files);
    sorted.sort(Comparator.comparing(ManifestFile::path));
    for (int i = 1; i < sorted.size(); i++) {
      if (sorted.get(i).path().equals(sorted.get(i - 1).path())) {
        throw new IllegalArgumentException(
            "Cannot write manifest: file " + sorted.get(i).path() + " is named twice");
      }
    }
    files = List.copyOf(sorted);
  }

  /** Returns the digest of the settings in force. */
  public String confDigest() {
    StringBuilder text = new StringBuilder();
    conf.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    return sha256(text.toString());
  }

  /** Returns the digest that ends the text; what another manifest calls this one by. */
  public String digest() {
    return sha256(json());
  }

  /** Returns the canonical text. */
  public String text() {
    String json = json();
    return json + DIGEST_LINE + sha256(json) + "\n";
  }

  /**
   * Reads a canonical text.
   *
   * @param source what to call it in messages
   * @throws IllegalArgumentException if it is truncated, altered, of another version, or not
   *     canonical
   */
  public static Manifest parse(String text, String source) {
    int end = text.lastIndexOf("\n" + DIGEST_LINE) + 1;
    if (end == 0 || !text.endsWith("\n")) {
      throw refuse(source, "it does not end in its digest: it is truncated or no manifest");
    }
    String json = text.substring(0, end);
    String digest = text.substring(end + DIGEST_LINE.length(), text.length() - 1);
    if (!digest.equals(sha256(json))) {
      throw refuse(source, "its digest is " + sha256(json) + ", and it says " + digest);
    }
    Manifest manifest;
    try {
      manifest = read(JSON.readTree(json), source);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "Cannot read manifest " + source + ": " + e.getOriginalMessage(), e);
    }
    if (!manifest.json().equals(json)) {
      throw refuse(source, "it is not in canonical form");
    }
    return manifest;
  }

  private static Manifest read(JsonNode root, String source) {
    JsonNode version = root.path("manifest");
    if (!version.isInt() || version.intValue() != VERSION) {
      throw refuse(source, "it is of version " + version + ", known is " + VERSION);
    }
    List<ManifestFile> files = new ArrayList<>();
    for (JsonNode file : root.path("files")) {
      files.add(
          new ManifestFile(
              file.path("path").asText(),
              file.path("bytes").asLong(-1),
              file.path("sha256").asText(),
              file.path("rows").asLong(-1)));
    }
    return new Manifest(
        root.path("kind").asText(),
        root.path("commit").asText(),
        root.path("seed").asLong(),
        root.path("java").asText(),
        root.path("os").asText(),
        map(root.path("conf")),
        map(root.path("inputs")),
        map(root.path("facts")),
        files);
  }

  private static SortedMap<String, String> map(JsonNode object) {
    SortedMap<String, String> map = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      map.put(field.getKey(), field.getValue().asText());
    }
    return map;
  }

  private String json() {
    ObjectNode root = JSON.createObjectNode();
    root.put("manifest", VERSION);
    root.put("kind", kind);
    root.put("commit", commit);
    root.put("seed", seed);
    root.put("java", java);
    root.put("os", os);
    root.put("confDigest", confDigest());
    conf.forEach(root.putObject("conf")::put);
    inputs.forEach(root.putObject("inputs")::put);
    facts.forEach(root.putObject("facts")::put);
    ArrayNode list = root.putArray("files");
    for (ManifestFile file : files) {
      list.addObject()
          .put("path", file.path())
          .put("bytes", file.bytes())
          .put("sha256", file.sha256())
          .put("rows", file.rows());
    }
    try {
      // Jackson's own indentation follows the platform's line ends
      String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
      return text.replace("\r\n", "\n") + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write manifest: " + e.getOriginalMessage(), e);
    }
  }

  private static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot digest: this Java has no SHA-256", e);
    }
  }

  private static IllegalArgumentException refuse(String source, String detail) {
    return new IllegalArgumentException("Cannot read manifest " + source + ": " + detail);
  }
}
