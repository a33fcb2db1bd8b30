package org.oneshottuner.dataset;

import static java.util.Objects.requireNonNull;

/**
 * A file that a manifest vouches for.
 *
 * @param path relative to the manifest's folder, with {@code /}
 * @param bytes its size
 * @param sha256 digest of its bytes, 64 lower-case hexadecimal digits
 * @param rows how many rows it holds; 0 for what has none
 */
public record ManifestFile(String path, long bytes, String sha256, long rows) {
  /** Checks that it stays within the folder, and the form of the digest. */
  public ManifestFile {
    requireNonNull(path, "path");
    if (path.isEmpty() || path.startsWith("/") || ("/" + path + "/").contains("/../")) {
      throw new IllegalArgumentException("Cannot vouch for '" + path + "': not below the manifest");
    }
    if (!sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "Cannot vouch for " + path + ": its digest is '" + sha256 + "'");
    }
    if (bytes < 0 || rows < 0) {
      throw new IllegalArgumentException(
          "Cannot vouch for " + path + ": " + bytes + " bytes with " + rows + " rows");
    }
  }
}
