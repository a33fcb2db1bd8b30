package org.oneshottuner.measure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.workload.CpuTarget;

/**
 * Threads that pull requests, write their sources and build them, a few files ahead of the
 * measuring thread.
 */
final class BuildLine implements AutoCloseable {
  private static final Duration END_LIMIT = Duration.ofSeconds(3);

  /**
   * A request with what was made of it.
   *
   * @param kernel empty if no source could be written
   * @param failure why it cannot be measured; empty if it can
   */
  record Item(
      Request request,
      Measurement.Build build,
      Optional<BuiltKernel> kernel,
      Optional<Outcome.Failed> failure) {}

  /**
   * What comes out of the line.
   *
   * @param items built together
   * @param error that stopped a thread; empty if none did
   * @param last a thread has nothing more to build
   */
  record Output(List<Item> items, Optional<Throwable> error, boolean last) {
    Output {
      items = List.copyOf(items);
    }
  }

  /**
   * What the line works with.
   *
   * @param ahead files that may wait to be measured
   */
  record Tools(Codegen codegen, Compiler compiler, KernelBuilder builder, int threads, int ahead) {}

  private record Written(Request request, KernelSource source, Measurement.Build build) {}

  private final Iterator<Request> requests;
  private final Tools tools;
  private final TargetGate gate;
  private final BlockingQueue<Output> outputs = new LinkedBlockingQueue<>();
  private final Semaphore room;
  private final CountDownLatch ended;
  private final List<Thread> threads = new ArrayList<>();
  private int running;

  BuildLine(Iterator<Request> requests, Tools tools, TargetGate gate) {
    this.requests = requests;
    this.tools = tools;
    this.gate = gate;
    room = new Semaphore(tools.ahead());
    running = tools.threads();
    ended = new CountDownLatch(tools.threads());
    for (int i = 0; i < tools.threads(); i++) {
      Thread thread = new Thread(this::work, "oneshot-build-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
  }

  void start() {
    threads.forEach(Thread::start);
  }

  /** Returns the next output, if there is one within the time; empty output at the line's end. */
  Optional<Output> poll(Duration wait) throws InterruptedException {
    Optional<Output> output =
        Optional.ofNullable(outputs.poll(Math.max(0, wait.toNanos()), TimeUnit.NANOSECONDS));
    output.ifPresent(
        taken -> {
          room.release(taken.items().isEmpty() ? 0 : 1);
          running -= taken.last() ? 1 : 0;
        });
    return output;
  }

  /** Returns whether all was built and taken. For the measuring thread only. */
  boolean exhausted() {
    return running == 0 && outputs.isEmpty();
  }

  private void work() {
    Optional<Throwable> error = Optional.empty();
    try {
      for (List<Request> batch = take(); !batch.isEmpty(); batch = take()) {
        build(batch);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (
        Throwable
            e) { // whatever the iterator or the generator throws, the measuring thread throws it on
      error = Optional.of(e);
    } finally {
      outputs.add(new Output(List.of(), error, true));
      ended.countDown();
    }
  }

  private List<Request> take() {
    synchronized (requests) {
      List<Request> batch = new ArrayList<>();
      while (batch.size() < KernelBuilder.BATCH
          && !Thread.currentThread().isInterrupted()
          && requests.hasNext()) {
        batch.add(requests.next());
      }
      return batch;
    }
  }

  private void build(List<Request> batch) throws InterruptedException {
    List<Item> unwritten = new ArrayList<>();
    List<Written> left = new ArrayList<>();
    for (Request request : batch) {
      gate.mustAdmit(request.candidate().task());
      try {
        left.add(write(request));
      } catch (IllegalArgumentException | ArithmeticException e) {
        unwritten.add(unwritten(request, e));
      }
    }
    if (!unwritten.isEmpty()) {
      put(unwritten);
    }
    while (!left.isEmpty()) {
      List<Written> file = file(left);
      left.removeAll(file);
      put(build(file, file.get(0).request().candidate().task().target()));
    }
  }

  /**
   * Returns those that go into a file with the first: for the same target, and of different names.
   */
  private static List<Written> file(List<Written> left) {
    CpuTarget target = left.get(0).request().candidate().task().target();
    Set<String> names = new HashSet<>();
    List<Written> file = new ArrayList<>();
    for (Written written : left) {
      if (written.request().candidate().task().target().equals(target)
          && names.add(written.source().name())) {
        file.add(written);
      }
    }
    return file;
  }

  private Written write(Request request) {
    KernelSource source = tools.codegen().source(request.candidate());
    return new Written(request, source, describe(request, Sha256.of(source.text())));
  }

  private Item unwritten(Request request, RuntimeException error) {
    Outcome.Failed failure =
        new Outcome.Failed(Outcome.Kind.BUILD_FAILED, "no source: " + error.getMessage());
    return new Item(request, describe(request, ""), Optional.empty(), Optional.of(failure));
  }

  private Measurement.Build describe(Request request, String sha256) {
    return new Measurement.Build(
        tools.codegen().version(),
        sha256,
        tools.compiler().toolchain(request.candidate().task().target()));
  }

  private List<Item> build(List<Written> file, CpuTarget target) throws InterruptedException {
    List<BuiltKernel> built =
        tools.builder().build(file.stream().map(Written::source).toList(), target);
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < file.size(); i++) {
      Written written = file.get(i);
      items.add(
          new Item(
              written.request(),
              written.build(),
              Optional.of(built.get(i)),
              built.get(i).failure()));
    }
    return items;
  }

  private void put(List<Item> items) throws InterruptedException {
    room.acquire();
    outputs.add(new Output(items, Optional.empty(), false));
  }

  /** Stops all threads, and the compilers they wait for. */
  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    boolean interrupted = false;
    try {
      // A thread inside the caller's iterator may take longer; it is a daemon and ends after its
      // element.
      boolean all = ended.await(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      interrupted = !all && Thread.interrupted();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
