package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/**
 * Random members of each template over random small tasks, compiled with sanitizers and run on
 * numbers whose sums are rounded: {@code -Dtests.members=N} of each, few by default, {@code
 * -Dtests.templates=NAME,…} of some. It prints the largest error of each template beside what is
 * allowed, as shares of the largest magnitude in the reference output.
 */
class ManyMembersTest {
  private static final int MEMBERS = Integer.getInteger("tests.members", 2);
  private static final List<String> TEMPLATES =
      List.of(
          System.getProperty("tests.templates", String.join(",", Templates.names()))
              .split(",", -1));
  private static final int KERNELS_OF_A_PROGRAM = 8;
  private static final int MEMBERS_OF_A_TASK = 4;
  private static final int MOST_TRIES = 400;

  /** Whatever comes nearer to zero than this share of its terms has cancelled out. */
  private static final double LEAST_LEFT = 0.05;

  /** Shapes of which nothing is a power of two. */
  private static final List<String> ODD =
      List.of(
          "dense m=7 n=1001 k=513",
          "dense m=1 n=1001 k=513 epilogue=bias+gelu",
          "batch_matmul b=3 m=7 n=101 k=131",
          "conv2d n=1 c=17 h=31 w=29 k=17 r=3 s=3 pad=1 epilogue=bias+relu",
          "conv2d n=1 c=17 h=31 w=29 k=18 r=3 s=3 pad=1 layout=nchw16c epilogue=add",
          "conv2d n=1 c=17 h=31 w=29 k=17 r=1 s=1 stride=2 layout=nchw16c",
          "conv2d n=1 c=3 h=31 w=29 k=17 r=7 s=7 stride=2 pad=3",
          "depthwise_conv2d n=1 c=17 h=31 w=29 r=5 s=5 pad=2",
          "depthwise_conv2d n=1 c=17 h=31 w=29 r=3 s=3 stride=2 pad=1 layout=nchw16c");

  @TempDir private Path directory;

  @Test
  void randomMembersOfEveryTemplateAreAsExactAsTheyPromise() throws Exception {
    SplitMix64 random = TestSeed.random("many members");
    Errors errors = new Errors();
    ExecutorService runs = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try {
      Programs programs = new Programs(runs, errors);
      for (String template : TEMPLATES) {
        draw(template, random, programs);
      }
      programs.finish();
    } finally {
      runs.shutdownNow();
    }
    System.out.println(errors.text() + "\n" + TestSeed.rerun());
    assumeTrue(!errors.all().isEmpty(), "This processor lacks the vectors");
    for (Errors.Seen seen : errors.all().values()) {
      assertThat(seen.error())
          .as("%s, %s", seen.worst(), TestSeed.rerun())
          .isLessThanOrEqualTo(seen.allowed());
    }
    assertThat(errors.all().values().stream().mapToInt(Errors.Seen::members).sum())
        .as(errors.text())
        .isEqualTo(MEMBERS * TEMPLATES.size());
  }

  /** Draws members of a template: of odd tasks first, and then of drawn ones. */
  private static void draw(String template, SplitMix64 random, Programs programs)
      throws IOException {
    List<TuningTask> odd = odd(random);
    int first = (int) random.nextLong(odd.size());
    int members = 0;
    for (int tries = 0; members < MEMBERS && tries < MOST_TRIES * (MEMBERS + 1); tries++) {
      TuningTask task =
          tries < odd.size() ? odd.get((first + tries) % odd.size()) : SmallTasks.draw(random);
      ScheduleSpace space = Templates.space(task);
      int place =
          space.templates().stream().map(TemplateSpace::template).toList().indexOf(template);
      if (place < 0) {
        continue;
      }
      Reference reference = new Reference(task, random, Reference.Numbers.REAL);
      if (largest(reference) < LEAST_LEFT * reference.terms()) {
        continue;
      }
      for (int i = 0; i < MEMBERS_OF_A_TASK && members < MEMBERS; i++) {
        long member = space.start(place) + random.nextLong(space.templates().get(place).size());
        programs.add(new Candidate(task, space.at(member)), reference);
        members++;
      }
    }
  }

  /** Returns the odd shapes, each on one target, which it is changes from run to run. */
  private static List<TuningTask> odd(SplitMix64 random) {
    List<CpuTarget> targets = SmallTasks.corners().map(TuningTask::target).distinct().toList();
    return ODD.stream()
        .map(Workload::parse)
        .map(
            workload ->
                new TuningTask(workload, targets.get((int) random.nextLong(targets.size())), 2))
        .toList();
  }

  private static double largest(Reference reference) {
    return Arrays.stream(reference.output()).map(StrictMath::abs).max().orElseThrow();
  }

  /** Members that wait for others of their target to be compiled with. */
  private final class Programs {
    private final ExecutorService runs;
    private final Errors errors;
    private final Map<CpuTarget, Program> open = new HashMap<>();
    private final List<Future<Void>> begun = new ArrayList<>();

    Programs(ExecutorService runs, Errors errors) {
      this.runs = runs;
      this.errors = errors;
    }

    void add(Candidate candidate, Reference reference) throws IOException {
      CpuTarget target = candidate.task().target();
      if (!open.containsKey(target)) {
        open.put(target, new Program(Files.createTempDirectory(directory, "program"), target));
      }
      Program program = Objects.requireNonNull(open.get(target));
      program.add(candidate, reference);
      if (program.size() == KERNELS_OF_A_PROGRAM) {
        begin(target);
      }
    }

    private void begin(CpuTarget target) {
      Program program = Objects.requireNonNull(open.remove(target));
      begun.add(runs.submit(() -> program.run(errors)));
    }

    void finish() throws Exception {
      List.copyOf(open.keySet()).forEach(this::begin);
      for (Future<Void> run : begun) {
        run.get();
      }
    }
  }

  /** Some members that are compiled together. */
  private static final class Program {
    private final Path folder;
    private final CompiledKernels kernels;
    private final List<Candidate> candidates = new ArrayList<>();
    private final List<Reference> references = new ArrayList<>();

    Program(Path folder, CpuTarget target) {
      this.folder = folder;
      this.kernels = new CompiledKernels(folder, target);
    }

    void add(Candidate candidate, Reference reference) {
      kernels.add(candidate, reference);
      candidates.add(candidate);
      references.add(reference);
    }

    int size() {
      return candidates.size();
    }

    Void run(Errors errors) throws IOException, InterruptedException {
      List<float[]> outputs = kernels.outputs(TestSeed.rerun());
      for (int i = 0; i < outputs.size(); i++) {
        errors.take(candidates.get(i), error(outputs.get(i), references.get(i)));
      }
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
      return null;
    }

    /** Returns the largest error as a share of the largest magnitude in the reference output. */
    private static double error(float[] output, Reference reference) {
      double[] expected = reference.output();
      double error = 0;
      for (int i = 0; i < expected.length; i++) {
        // what is not a number stays one
        error = StrictMath.max(error, StrictMath.abs(output[i] - expected[i]));
      }
      return error == 0 ? 0 : error / largest(reference);
    }
  }

  /** The largest error seen of each template, by what it promises. */
  private static final class Errors {
    private record Seen(int members, double error, double allowed, String worst) {
      Seen and(Seen other) {
        Seen larger = Double.compare(other.error, error) <= 0 ? this : other;
        return new Seen(members + other.members, larger.error, allowed, larger.worst);
      }
    }

    private final Map<String, Seen> seen = new TreeMap<>();

    synchronized void take(Candidate candidate, double error) {
      double allowed = Templates.tolerance(candidate);
      seen.merge(
          "%s within %.0e".formatted(candidate.schedule().template(), allowed),
          new Seen(1, error, allowed, candidate.key()),
          Seen::and);
    }

    synchronized Map<String, Seen> all() {
      return new TreeMap<>(seen);
    }

    String text() {
      return all().entrySet().stream()
          .map(
              entry ->
                  "%s: %d members, largest error %.1e of %s"
                      .formatted(
                          entry.getKey(),
                          entry.getValue().members(),
                          entry.getValue().error(),
                          entry.getValue().worst()))
          .collect(Collectors.joining("\n"));
    }
  }
}
