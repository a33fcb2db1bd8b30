package org.oneshottuner.jobs.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A commit as JSON, one fixed text for each commit. The last field digests all others, and a text
 * that is not, byte for byte, what this class would write is refused.
 */
final class ManifestFormat {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ManifestFormat() {}

  /** Returns the commit with its digest filled in. */
  static Commit seal(Commit commit) {
    return commit.withDigest(Digests.of(bytes(commit.withDigest(""))));
  }

  /** Returns the text of a sealed commit. */
  static byte[] bytes(Commit commit) {
    try {
      return (writer().writeValueAsString(commit) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the manifest of batch " + commit.batch(), e);
    }
  }

  /**
   * Reads a sealed commit.
   *
   * @param place named when it is refused
   * @throws IllegalArgumentException if the text was cut, altered, or is of another version
   */
  static Commit read(byte[] text, String place) {
    Commit commit;
    try {
      commit = MAPPER.readValue(text, Commit.class);
    } catch (java.io.IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Cannot read manifest "
              + place
              + ": it was cut or altered ("
              + text.length
              + " bytes are no manifest)",
          e);
    }
    if (commit.format() != Commit.FORMAT) {
      throw new IllegalArgumentException(
          "Cannot read manifest "
              + place
              + ": its format is "
              + commit.format()
              + ", known is "
              + Commit.FORMAT);
    }
    String digest = seal(commit).digest();
    if (!digest.equals(commit.digest()) || !Arrays.equals(bytes(commit), text)) {
      throw new IllegalArgumentException(
          "Cannot read manifest "
              + place
              + ": it was altered; its digest is "
              + commit.digest()
              + ", that of its text "
              + digest);
    }
    return commit;
  }

  private static ObjectWriter writer() {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    return MAPPER.writer(
        new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter));
  }
}
