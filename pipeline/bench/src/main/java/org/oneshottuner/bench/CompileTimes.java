package org.oneshottuner.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Compiler;
import org.oneshottuner.measure.Folders;
import org.oneshottuner.measure.KernelBuilder;
import org.oneshottuner.sample.TaskLimits;
import org.oneshottuner.sample.TaskScope;
import org.oneshottuner.sample.UniformTasks;
import org.oneshottuner.sample.WorkloadList;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what compiling a kernel costs: of random members of the spaces of listed and of drawn small
 * tasks in turn, of each template alike, in files of as many kernels as measuring builds together.
 *
 * <p>{@code CompileTimes [--members N] [--workloads FILE] [--target NAME] [--seed N] [--json
 * FILE]}; by default 1000 members, data/kernels.txt, avx512, seed 1, and no file.
 */
public final class CompileTimes {
  private static final Logger LOG = LoggerFactory.getLogger(CompileTimes.class);
  private static final TaskLimits SMALL = new TaskLimits(1_000, 20_000_000, 8L << 20);
  private static final int MOST_THREADS = 2;
  private static final int FILES_OF_A_LINE = 25;

  private static final Map<String, String> DEFAULTS =
      Map.of(
          "--members", "1000",
          "--workloads", "data/kernels.txt",
          "--target", CpuTarget.AVX512.name(),
          "--seed", "1",
          "--json", "");

  private CompileTimes() {}

  /**
   * Runs the program.
   *
   * @throws IllegalArgumentException if the arguments cannot be used
   */
  public static void main(String[] arguments) throws InterruptedException {
    Map<String, String> options = options(List.of(arguments));
    CpuTarget target = CpuTarget.named(option(options, "--target"));
    int count = number(options, "--members");
    int seed = number(options, "--seed");
    List<Workload> listed = workloads(Path.of(option(options, "--workloads")));
    List<Candidate> members = members(listed, target, count, seed);
    CompileFigures figures = figures(members, target);
    figures.lines().forEach(LOG::info);
    String json = option(options, "--json");
    if (!json.isEmpty()) {
      write(figures, Path.of(json));
    }
  }

  private static Map<String, String> options(List<String> arguments) {
    Map<String, String> options = new LinkedHashMap<>(DEFAULTS);
    for (int i = 0; i < arguments.size(); i += 2) {
      if (!DEFAULTS.containsKey(arguments.get(i)) || i + 1 == arguments.size()) {
        throw new IllegalArgumentException(
            "Cannot use "
                + arguments.get(i)
                + ": expected a value after one of "
                + new TreeSet<>(DEFAULTS.keySet()));
      }
      options.put(arguments.get(i), arguments.get(i + 1));
    }
    return options;
  }

  private static String option(Map<String, String> options, String name) {
    return options.getOrDefault(name, "");
  }

  private static int number(Map<String, String> options, String name) {
    String text = option(options, name);
    if (!text.matches("[1-9][0-9]{0,6}")) {
      throw new IllegalArgumentException(
          "Cannot use " + name + " " + text + ": expected a whole number, 1 to 9999999");
    }
    return Integer.parseInt(text);
  }

  private static List<Workload> workloads(Path file) {
    return WorkloadList.read(file).entries().stream().map(WorkloadList.Entry::workload).toList();
  }

  /** Draws members that differ, of listed and of small tasks in turn. */
  static List<Candidate> members(List<Workload> listed, CpuTarget target, int count, long seed) {
    UniformTasks small = new UniformTasks(TaskScope.usual().within(SMALL), seed);
    SplitMix64 random = new SplitMix64(Seeds.derive(seed, "compile times"));
    Set<Candidate> members = new LinkedHashSet<>();
    for (int draw = 0; members.size() < count; draw++) {
      Workload workload =
          draw % 2 == 0 ? listed.get(draw / 2 % listed.size()) : small.workload(draw / 2);
      int threads = 1 + (int) random.nextLong(Math.min(MOST_THREADS, target.cores()));
      members.add(member(new TuningTask(workload, target, threads), random));
    }
    return List.copyOf(members);
  }

  /** Draws a template of the task's, and one of its members. */
  private static Candidate member(TuningTask task, SplitMix64 random) {
    ScheduleSpace space = Templates.space(task);
    int place = (int) random.nextLong(space.templates().size());
    long member = space.start(place) + random.nextLong(space.templates().get(place).size());
    return new Candidate(task, space.at(member));
  }

  /**
   * Compiles members, one file after the other, as processors that share a core slow each other.
   */
  static CompileFigures figures(List<Candidate> members, CpuTarget target)
      throws InterruptedException {
    Compiler compiler = Compiler.find(System.getenv(), target);
    compiler.mustBuildFor(target);
    List<CompileCost> costs = new ArrayList<>();
    try {
      Path folder = Files.createTempDirectory("oneshot-compile");
      try {
        CompileMeter meter = new CompileMeter(compiler, target, folder);
        for (int from = 0; from < members.size(); from += KernelBuilder.BATCH) {
          int to = Math.min(from + KernelBuilder.BATCH, members.size());
          costs.addAll(meter.costs(members.subList(from, to)));
          if (from / KernelBuilder.BATCH % FILES_OF_A_LINE == FILES_OF_A_LINE - 1) {
            LOG.info("{} of {} kernels", to, members.size());
          }
        }
      } finally {
        Folders.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot compile kernels: " + e, e);
    }
    return CompileFigures.of(costs, KernelBuilder.BATCH);
  }

  private static void write(CompileFigures figures, Path file) {
    try {
      Files.writeString(
          file,
          JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(figures)
              + "\n",
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e, e);
    }
  }
}
