package org.oneshottuner.jobs.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaceTest {
  @TempDir Path folder;

  @Test
  void whatCanBeMadeIsNotMadeYet() {
    assertThatCode(
            () -> {
              Place.mustTakeFile(folder.resolve("a/b/file"), "no");
              Place.mustTakeFiles(folder.resolve("a/b"), "no");
            })
        .doesNotThrowAnyException();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatIsThereStays() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "text");
    assertThatCode(() -> Place.mustTakeFile(file, "no")).doesNotThrowAnyException();
    assertThat(file).hasContent("text");
    assertThatThrownBy(() -> Place.mustTakeFile(Path.of("/dev/null"), "Cannot write"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot write: it is there, and is no regular file");
  }

  @Test
  void aFileHasOnePathWhetherItIsThereOrNot() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
    assertThat(Place.real(link.resolve("a/b"))).isEqualTo(folder.toRealPath().resolve("a/b"));
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(Place.real(link.resolve("x/../file"))).isEqualTo(file.toRealPath());
  }

  @Test
  void aLinkThatLeadsNowhereIsNoFolder() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("none"));
    assertThatThrownBy(() -> Place.mustTakeFiles(link.resolve("below"), "Cannot write"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot write: " + link + " is not a folder");
  }

  @Test
  void reasonsNameNoFile() {
    assertThat(Place.reason(new AccessDeniedException("x.tmp"))).isEqualTo("permission denied");
    assertThat(Place.reason(new FileSystemException("x.tmp", "", "No space left on device")))
        .isEqualTo("No space left on device");
  }
}
