package org.oneshottuner.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TuningTaskTest {
  private static final String AVX2 =
      "cpu name=avx2 march=haswell vector=32 registers=16 l1=32768 l2=1048576 l3=33554432 cores=2";

  @Test
  void aKnownTargetIsWrittenAndRead() {
    assertThat(CpuTarget.AVX2.text()).isEqualTo(AVX2);
    assertThat(CpuTarget.parse(AVX2)).isEqualTo(CpuTarget.AVX2);
    assertThat(CpuTarget.named("avx512")).isEqualTo(CpuTarget.AVX512);
  }

  @Test
  void aTargetSaysWhatKindOfProcessorItIs() {
    assertThat(CpuTarget.AVX512.architecture()).isEqualTo(Architecture.X86_64);
    assertThat(CpuTarget.AVX2.architecture()).isEqualTo(Architecture.X86_64);
    assertThat(CpuTarget.NEON.architecture()).isEqualTo(Architecture.AARCH64);
    assertThat(CpuTarget.parse(CpuTarget.NEON.text())).isEqualTo(CpuTarget.NEON);
  }

  @Test
  void aCacheOfManyGigabytesIsWrittenAndRead() {
    CpuTarget target = new CpuTarget("large", "haswell", 32, 16, 32768, 1L << 20, 5L << 30, 192);
    assertThat(CpuTarget.parse(target.text())).isEqualTo(target);
  }

  @Test
  void aTaskIsWrittenAndRead() {
    String key = "dense m=1 n=2 k=3 @ " + AVX2 + " threads=2";
    assertThat(TuningTask.parse(key).key()).isEqualTo(key);
  }

  @Test
  void anUnknownTargetIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> CpuTarget.named("sve"))
        .hasMessage("Cannot find target 'sve': known are avx512, avx2, neon");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cpu | gpu | kind is 'gpu', known is cpu",
        "name=avx2 | name=AVX2 | Cannot name a target 'AVX2'",
        "name=avx2 | '' | name is missing",
        "march=haswell | march=a;b | Cannot build for -march='a;b'",
        "vector=32 | vector=33 | vector is 33, expected 16, 32 or 64 bytes",
        "vector=32 | vector=128 | vector is 128, expected 16, 32 or 64 bytes",
        "vector=32 | vector=wide | vector is 'wide', expected a whole number",
        "vector=32 | vector=64 | vector is 64, -march=haswell has 32 bytes at most",
        "march=haswell | march=armv8-a | vector is 32, -march=armv8-a has 16 bytes at most",
        "march=haswell | march=armv9-a+sve2 | vector is 32, -march=armv9-a+sve2 has 16 bytes",
        "march=haswell | march=x86-64-v2 | vector is 32, -march=x86-64-v2 has 16 bytes at most",
        "march=haswell | march=novelty | vector is 32, -march=novelty is not known to have more than 16",
        "march=haswell | march=native | x86-64-v3 stands for every processor with 32, x86-64-v4 for",
        "registers=16 | registers=4 | registers is 4, least is 8",
        "l1=32768 | l1=1 | l1 is 1, least is 4096 bytes",
        "l2=1048576 | l2=16384 | l2 is 16384, least is l1's 32768 bytes",
        "l3=33554432 | l3=65536 | l3 is 65536, least is l2's 1048576 bytes",
        "l3=33554432 | l3=32MiB | l3 is '32MiB', expected a whole number",
        "cores=2 | cores=0 | cores is 0, least is 1",
        "cores=2 | cores=2 cores=3 | cores is given twice",
        "cores=2 | cores=2 sockets=1 | sockets is unknown, nearest is cores"
      })
  void malformedTargetsAreRefused(String good, String bad, String reason) {
    String text = AVX2.replace(good, bad);
    assertThatThrownBy(() -> CpuTarget.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text)
        .hasMessageContaining(reason);
  }

  /**
   * As `gcc -march=NAME -dM -E` tells by __AVX__ and __AVX512F__, and GCC 15's manual of others.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = ':',
      value = {
        "16: x86-64 x86-64-v2 nocona core2 nehalem corei7 westmere bonnell atom silvermont slm"
            + " goldmont goldmont-plus tremont k8 k8-sse3 opteron opteron-sse3 athlon64"
            + " athlon64-sse3 athlon-fx amdfam10 barcelona btver1 eden-x2 eden-x4 nano nano-1000"
            + " nano-2000 nano-3000 nano-x2 nano-x4 lujiazui armv8-a armv8.2-a+sve armv9-a",
        "32: x86-64-v3 sandybridge corei7-avx ivybridge core-avx-i haswell core-avx2 broadwell"
            + " skylake alderlake raptorlake meteorlake gracemont arrowlake arrowlake-s lunarlake"
            + " pantherlake sierraforest grandridge clearwaterforest bdver1 bdver2 bdver3 bdver4"
            + " btver2 znver1 znver2 znver3 yongfeng shijidadao",
        "64: x86-64-v4 skylake-avx512 cascadelake cooperlake cannonlake icelake-client"
            + " icelake-server tigerlake rocketlake sapphirerapids emeraldrapids graniterapids"
            + " graniterapids-d diamondrapids knl knm znver4 znver5"
      })
  void everyNameOfAProcessorHasVectorsAsLongAsItsOwn(int most, String names) {
    for (String march : names.split(" ", -1)) {
      for (int bytes = 16; bytes <= 64; bytes *= 2) {
        String text =
            AVX2.replace("march=haswell", "march=" + march).replace("vector=32", "vector=" + bytes);
        if (bytes <= most) {
          assertThat(CpuTarget.parse(text).march()).isEqualTo(march);
        } else {
          assertThatThrownBy(() -> CpuTarget.parse(text))
              .hasMessageContaining("-march=" + march + " has " + most + " bytes at most");
        }
      }
    }
  }

  @Test
  void aNameThatIsNotKnownIsLeftToTheCompilerWhereItsVectorsAreThoseOfAll() {
    String text = AVX2.replace("haswell", "novelty").replace("vector=32", "vector=16");
    assertThat(CpuTarget.parse(text).march()).isEqualTo("novelty");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dense m=1 n=2 k=3 | expected WORKLOAD @ TARGET threads=N",
        "dense m=1 n=2 k=3 @ AVX2 | expected WORKLOAD @ TARGET threads=N",
        "dense m=1 n=2 k=3 @ AVX2 threads=many | threads is 'many', expected a whole number",
        "dense m=1 n=2 k=3 @ AVX2 threads=-1 | threads is '-1', expected a whole number",
        "dense m=1 n=2 k=3 @ AVX2 threads=0 | with 0 threads: target avx2 takes 1 to 2",
        "dense m=1 n=2 k=3 @ AVX2 threads=3 | with 3 threads: target avx2 takes 1 to 2",
        "dense m=1 n=2 @ AVX2 threads=1 | k is missing",
        "dense m=1 n=2 k=3 @ cpu threads=1 | name is missing"
      })
  void malformedTasksAreRefused(String text, String reason) {
    assertThatThrownBy(() -> TuningTask.parse(text.replace("AVX2", AVX2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot ")
        .hasMessageContaining(reason);
  }

  @Test
  void aTaskWhoseTensorsCannotBeAddressedIsRefused() {
    Dense dense = new Dense(1 << 16, 1 << 16, 1, ElementType.F32, Epilogue.NONE);
    assertThatThrownBy(() -> new TuningTask(dense, CpuTarget.AVX2, 1))
        .hasMessageContaining("a tensor has 4294967296 elements, most is 2147483647");
  }
}
