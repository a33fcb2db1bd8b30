package org.oneshottuner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The jar that a compiler ships with. */
class RuntimeModuleTest {
  private static final Path CLASSES = Path.of("target/classes");
  private static final ModuleDescriptor MODULE =
      ModuleFinder.of(CLASSES).findAll().iterator().next().descriptor();

  @Test
  void theRuntimeNeedsNothingButJavaBase() {
    assertThat(MODULE.requires())
        .extracting(ModuleDescriptor.Requires::name)
        .containsExactly("java.base");
    assertThat(MODULE.uses()).isEmpty();
  }

  @Test
  void theRuntimeResolvesAlone() {
    assertThat(
            java.lang.module.Configuration.resolve(
                    ModuleFinder.of(CLASSES),
                    java.util.List.of(ModuleLayer.boot().configuration()),
                    ModuleFinder.of(),
                    java.util.Set.of(MODULE.name()))
                .modules())
        .extracting(module -> module.name())
        .containsExactly("org.oneshottuner.runtime");
  }

  @Test
  void everyPackageIsExportedToAllAndNoneIsOpen() throws IOException {
    try (Stream<Path> files = Files.walk(CLASSES)) {
      assertThat(MODULE.exports())
          .filteredOn(exported -> !exported.isQualified())
          .extracting(ModuleDescriptor.Exports::source)
          .containsExactlyInAnyOrderElementsOf(
              files
                  .filter(file -> file.toString().endsWith(".class"))
                  .map(file -> CLASSES.relativize(file).getParent())
                  .filter(directory -> directory != null)
                  .map(directory -> directory.toString().replace('/', '.'))
                  .collect(Collectors.toSet()));
    }
    assertThat(MODULE.opens()).isEmpty();
  }
}
