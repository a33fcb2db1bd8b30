package org.oneshottuner.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ManifestTest {
  private static final String DIGEST = "0123456789abcdef".repeat(4);

  private static Manifest manifest(ManifestFile... files) {
    return new Manifest(
        "measurements",
        "fa0fb00+",
        7,
        "Debian 17.0.15",
        "Linux 6 amd64",
        new TreeMap<>(Map.of("tasks", "12", "seed", "7")),
        new TreeMap<>(Map.of("catalogue", DIGEST)),
        new TreeMap<>(Map.of("device", "zen4 \"quoted\" β")),
        List.of(files));
  }

  private static final ManifestFile A = new ManifestFile("part/a.parquet", 10, DIGEST, 3);
  private static final ManifestFile B = new ManifestFile("part/b.parquet", 0, DIGEST, 0);

  @Test
  void equalManifestsHaveEqualBytes() {
    assertThat(manifest(A, B).text()).isEqualTo(manifest(B, A).text());
    assertThat(Manifest.parse(manifest(A, B).text(), "m")).isEqualTo(manifest(B, A));
    assertThat(manifest(A, B).text()).contains("sha256 " + manifest(A, B).digest() + "\n");
    assertThat(manifest(A).digest()).isNotEqualTo(manifest(B).digest());
    assertThat(manifest(A).confDigest()).isEqualTo(manifest(B).confDigest());
  }

  @Test
  void everyAlteredCharacterAndTruncationIsRefused() {
    String text = manifest(A, B).text();
    for (int i = 0; i < text.length(); i++) {
      char other = text.charAt(i) == '1' ? '2' : '1';
      String altered = text.substring(0, i) + other + text.substring(i + 1);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Manifest.parse(altered, "the-manifest"))
          .withMessageStartingWith("Cannot read manifest the-manifest");
      String truncated = text.substring(0, i);
      assertThatIllegalArgumentException().isThrownBy(() -> Manifest.parse(truncated, "m"));
    }
    assertThatIllegalArgumentException().isThrownBy(() -> Manifest.parse(text + " ", "m"));
    assertThatIllegalArgumentException().isThrownBy(() -> Manifest.parse(text + text, "m"));
  }

  @Test
  void filesStayBelowTheManifest() {
    for (String path : List.of("", "/etc/passwd", "../a", "a/../../b")) {
      assertThatIllegalArgumentException().isThrownBy(() -> new ManifestFile(path, 1, DIGEST, 1));
    }
    assertThatIllegalArgumentException().isThrownBy(() -> new ManifestFile("a", 1, "abc", 1));
    assertThatIllegalArgumentException().isThrownBy(() -> manifest(A, A));
  }
}
