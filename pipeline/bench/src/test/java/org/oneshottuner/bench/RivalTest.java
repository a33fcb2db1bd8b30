package org.oneshottuner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.oneshottuner.measure.Codegen;
import org.oneshottuner.measure.Contender;
import org.oneshottuner.measure.Contender.Product;
import org.oneshottuner.measure.Contest;
import org.oneshottuner.measure.HostTarget;
import org.oneshottuner.measure.LocalDevice;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Peer;
import org.oneshottuner.measure.Protocol;
import org.oneshottuner.measure.Standing;
import org.oneshottuner.report.KernelComparison;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Every adapter, on the libraries themselves where the build has unpacked them. */
@Timeout(300)
class RivalTest {
  /** Of visits that need only be made. */
  private static final Protocol SHORT =
      new Protocol(
          2,
          2,
          2,
          Duration.ofMillis(1),
          Duration.ofMillis(1),
          Duration.ofMillis(1),
          0.5,
          Duration.ofSeconds(20));

  private static final List<String> WORKLOADS =
      List.of(
          "conv2d n=1 c=17 h=13 w=11 k=33 r=3 s=3 pad=2,1,1,2 epilogue=bias+relu",
          "conv2d n=2 c=32 h=9 w=9 k=48 r=3 s=3 stride=2 pad=1 layout=nchw16c epilogue=bias+add+relu",
          "conv2d n=1 c=32 h=8 w=8 k=32 r=3 s=3 pad=2 dilation=2 groups=4 epilogue=bias+swish",
          "conv2d n=1 c=20 h=6 w=6 k=20 r=1 s=1 layout=nchw16c",
          "depthwise_conv2d n=1 c=35 h=10 w=12 r=5 s=5 stride=2 pad=2 layout=nchw16c epilogue=bias+relu6",
          "depthwise_conv2d n=1 c=32 h=10 w=12 r=3 s=3 pad=1",
          "dense m=7 n=101 k=53 epilogue=bias+gelu",
          "dense m=1 n=64 k=48",
          "dense m=9 n=33 k=17 epilogue=bias",
          "batch_matmul b=3 m=17 n=19 k=23",
          "batch_matmul b=2 m=16 n=32 k=8 epilogue=sigmoid",
          "batch_matmul b=3 m=17 n=19 k=23 transpose=rhs",
          "batch_matmul b=3 m=17 n=19 k=23 transpose=lhs epilogue=bias",
          "batch_matmul b=2 m=16 n=32 k=8 transpose=both",
          "batch_matmul b=2 m=1 n=9 k=8 transpose=rhs");

  private static final String ABSENT =
      "no libraries to compare with: mvn -pl pipeline/bench dependency:unpack@peers fetches them";

  @TempDir Path folder;

  private static PeerFolder peers() {
    return new PeerFolder(Path.of(System.getProperty("tests.peers", "target/peers")));
  }

  private Contest open() throws InterruptedException {
    return Contest.open(
        new LocalDevice.Settings(
            SHORT,
            Path.of("target", "native-runner").toAbsolutePath(),
            folder,
            Duration.ofSeconds(60),
            512L << 20),
        Codegen.TEMPLATES,
        Clock.systemUTC(),
        System.getenv());
  }

  private static CpuTarget target() {
    Optional<CpuTarget> host = HostTarget.detect();
    assumeTrue(host.isPresent(), "this machine is no target");
    return host.orElseThrow();
  }

  /** An adapter that tells, as the reason why it can compute nothing, what libraries would use. */
  private static final String TELL_TALE =
      """
      #include "peer.h"

      static void *tell(const struct task *task, const char *variant, int threads, char *detail) {
        int (*sets)(void);
        char *(*core)(void);
        void *library = peer_library(task, threads, detail);
        if (strcmp(variant, "onednn") == 0) {
          if (peer_entry(library, "dnnl_get_effective_cpu_isa", &sets, detail)) snprintf(detail, DETAIL_CHARS, "0x%x", sets());
        } else if (peer_entry(library, "openblas_get_corename", &core, detail)) {
          snprintf(detail, DETAIL_CHARS, "%s", core());
        }
        return NULL;
      }

      const struct peer oneshot_peer = {PEER_VERSION, tell, NULL, NULL};
      """;

  /** Returns what a library tells of itself in a process that times kernels for a target. */
  private static String told(Contest contest, Rival rival, CpuTarget target)
      throws InterruptedException {
    Peer.Source usual = rival.source(peers());
    Map<String, String> texts =
        Map.of("peer.h", usual.texts().getOrDefault("peer.h", ""), "tell.c", TELL_TALE);
    Peer peer = contest.peer(new Peer.Source("telltale", texts, usual.library()));
    TuningTask task = new TuningTask(Workload.parse("dense m=1 n=8 k=8"), target, 1);
    String variant = rival.name().toLowerCase(Locale.ROOT);
    Contender teller = new Contender.Foreign("tell", task, peer, variant, Product.OUTPUT);
    return contest
        .run(List.of(teller))
        .get(0)
        .outcome()
        .fold(timed -> "a time", failed -> failed.detail());
  }

  @Test
  void librariesUseNoLongerVectorsThanTheTarget() throws InterruptedException {
    assumeTrue(Files.isDirectory(peers().place()), ABSENT);
    CpuTarget host = target();
    assumeTrue(host.vectorBytes() >= 32, "no AVX2 here");
    CpuTarget plain = new CpuTarget("sse", "x86-64-v2", 16, 16, 32 << 10, 1 << 20, 32 << 20, 1);
    try (Contest contest = open()) {
      // dnnl_cpu_isa_avx2 and dnnl_cpu_isa_sse41 of dnnl_types.h
      assertThat(told(contest, Rival.ONEDNN, CpuTarget.AVX2)).isEqualTo("0x7");
      assertThat(told(contest, Rival.ONEDNN, plain)).isEqualTo("0x1");
      assertThat(told(contest, Rival.OPENBLAS, CpuTarget.AVX2)).isEqualTo("Haswell");
      assertThat(told(contest, Rival.OPENBLAS, plain)).isEqualTo("Nehalem");
      if (host.vectorBytes() == 64) {
        // dnnl_cpu_isa_avx512_core is 0x27, and later sets have more bits
        String free = told(contest, Rival.ONEDNN, host);
        assertThat(Integer.decode(free) & 0x27).as(free).isEqualTo(0x27);
        assertThat(told(contest, Rival.OPENBLAS, host)).isNotIn("Haswell", "Zen", "Nehalem");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 64", "2, 64", "1, 32", "2, 32"})
  void everyAdapterComputesWhatTheReferenceDoes(int threads, int vectorBytes)
      throws InterruptedException {
    assumeTrue(Files.isDirectory(peers().place()), ABSENT);
    CpuTarget host = target();
    assumeTrue(host.vectorBytes() >= vectorBytes, "its vectors are shorter");
    CpuTarget target = vectorBytes == host.vectorBytes() ? host : CpuTarget.AVX2;
    assumeTrue(threads <= target.cores(), "one processor");
    try (Contest contest = open()) {
      Map<Rival, Peer> found = KernelContest.peers(contest, peers());
      assertThat(found).containsOnlyKeys(Rival.values());
      List<Contender> contenders = new ArrayList<>();
      for (String workload : WORKLOADS) {
        TuningTask task = new TuningTask(Workload.parse(workload), target, threads);
        contenders.addAll(KernelContest.foreign(found, task));
      }
      assertThat(contenders).hasSizeGreaterThan(4 * WORKLOADS.size());
      List<String> failures = new ArrayList<>();
      for (Standing standing : contest.run(contenders)) {
        Optional<Outcome.Failed> failure =
            standing.outcome().fold(timed -> Optional.empty(), Optional::of);
        failure.ifPresent(why -> failures.add(text(standing, why)));
      }
      assertThat(failures).isEmpty();
    }
  }

  private static String text(Standing standing, Outcome.Failed why) {
    Contender contender = standing.contender();
    return contender.name() + " of " + contender.task().workload().text() + ": " + why;
  }

  @Test
  void aLibraryThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> Rival.OPENBLAS.source(new PeerFolder(folder)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "Cannot compare with libopenblas: there is no such library in " + folder);
  }

  @Test
  void twoThreadsAreNoSlowerThanOneOnAProductThatIsLargeEnough() throws InterruptedException {
    assumeTrue(Files.isDirectory(peers().place()), ABSENT);
    CpuTarget target = target();
    assumeTrue(target.cores() > 1, "one processor");
    Workload workload = Workload.parse("dense m=256 n=512 k=512");
    double[] best = new double[2];
    try (Contest contest = open()) {
      Map<Rival, Peer> found = KernelContest.peers(contest, peers());
      for (int threads = 1; threads <= 2; threads++) {
        TuningTask task = new TuningTask(workload, target, threads);
        List<Standing> standings = contest.run(KernelContest.foreign(found, task));
        KernelComparison.Row row = new TaskStandings(task, standings).row("", 0);
        best[threads - 1] = row.onednnMillis().orElseThrow();
        // a peer whose threads share a processor takes many times as long
        assertThat(row.ortMillis().orElseThrow()).isLessThan(20 * best[threads - 1]);
        assertThat(row.blasMillis().orElseThrow()).isLessThan(20 * best[threads - 1]);
      }
    }
    assertThat(best[1]).isLessThan(1.5 * best[0]);
  }
}
