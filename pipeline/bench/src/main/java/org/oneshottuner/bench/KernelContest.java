package org.oneshottuner.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.oneshottuner.measure.Codegen;
import org.oneshottuner.measure.Contender;
import org.oneshottuner.measure.Contest;
import org.oneshottuner.measure.HostTarget;
import org.oneshottuner.measure.LocalDevice;
import org.oneshottuner.measure.Peer;
import org.oneshottuner.report.KernelComparison;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares kernels with oneDNN, ONNX Runtime and OpenBLAS, one process for each number of threads.
 * A program of its own: what it loads must not run beside anything else.
 *
 * <p>{@code KernelContest PLAN RESULTS PEERS}: reads the {@link Plan}, writes a {@link
 * KernelComparison} as CSV, and finds the libraries of peers in a folder. It ends when its standard
 * input does, and with it all that it started.
 */
public final class KernelContest {
  private static final Logger LOG = LoggerFactory.getLogger(KernelContest.class);

  private final Contest contest;
  private final Map<Rival, Peer> peers;

  private KernelContest(Contest contest, Map<Rival, Peer> peers) {
    this.contest = contest;
    this.peers = new EnumMap<>(peers);
  }

  /**
   * Runs the program.
   *
   * @throws IllegalArgumentException if the arguments or the plan cannot be used
   */
  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length != 3) {
      throw new IllegalArgumentException(
          "Cannot compare kernels: expected PLAN RESULTS PEERS, found "
              + arguments.length
              + " arguments");
    }
    Lifeline.hold(Thread.currentThread());
    Path results = Path.of(arguments[1]).toAbsolutePath();
    KernelComparison comparison =
        compare(
            Plan.read(Path.of(arguments[0])),
            new PeerFolder(Path.of(arguments[2])),
            results.resolveSibling(""));
    try {
      Files.writeString(results, comparison.csv(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + results + ": " + e, e);
    }
  }

  /** What is built lies in a folder of the caller's: it is cleared even if this is killed. */
  private static KernelComparison compare(Plan plan, PeerFolder folder, Path work)
      throws InterruptedException {
    Map<String, String> environment = System.getenv();
    LocalDevice.Settings usual = LocalDevice.Settings.defaults(environment);
    LocalDevice.Settings settings =
        new LocalDevice.Settings(
            Contest.PROTOCOL, usual.cache(), work, usual.buildLimit(), usual.memoryBytes());
    try (Contest contest =
        Contest.open(settings, Codegen.TEMPLATES, WallClock.utc(), environment)) {
      contest.onWait(LOG::info);
      return new KernelContest(contest, peers(contest, folder)).run(plan);
    }
  }

  /**
   * Returns all peers.
   *
   * @throws IllegalArgumentException if a library is not in the folder
   */
  static Map<Rival, Peer> peers(Contest contest, PeerFolder folder) throws InterruptedException {
    Map<Rival, Peer> peers = new EnumMap<>(Rival.class);
    for (Rival rival : Rival.values()) {
      peers.put(rival, contest.peer(rival.source(folder)));
    }
    return peers;
  }

  /** Returns every way in which peers compute a task. */
  static List<Contender> foreign(Map<Rival, Peer> peers, TuningTask task) {
    List<Contender> contenders = new ArrayList<>();
    peers.forEach(
        (rival, peer) -> {
          for (Rival.Way way : rival.ways(task.workload())) {
            String name = rival.contender(way.variant());
            contenders.add(new Contender.Foreign(name, task, peer, way.variant(), way.product()));
          }
        });
    return contenders;
  }

  private static List<Contender> own(List<Candidate> candidates) {
    List<Contender> own = new ArrayList<>();
    for (Candidate candidate : candidates) {
      own.add(new Contender.Own(TaskStandings.OURS + own.size(), candidate));
    }
    return own;
  }

  private KernelComparison run(Plan plan) throws InterruptedException {
    int longest = HostTarget.detect().map(CpuTarget::vectorBytes).orElse(0);
    List<KernelComparison.Row> rows = new ArrayList<>();
    for (Map.Entry<Integer, List<TuningTask>> tasks : plan.byThreads().entrySet()) {
      List<Contender> contenders = new ArrayList<>();
      for (TuningTask task : tasks.getValue()) {
        contenders.addAll(own(plan.schedules().getOrDefault(task, List.of())));
        contenders.addAll(foreign(peers, task));
      }
      LOG.info(
          "Timing {} ways to compute {} workloads, in turn; threads: {}",
          contenders.size(),
          tasks.getValue().size(),
          tasks.getKey());
      TaskStandings.of(contest.run(contenders))
          .forEach(done -> rows.add(done.row(plan.origin(done.task()), longest)));
    }
    return new KernelComparison(rows);
  }
}
