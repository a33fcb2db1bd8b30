package org.oneshottuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.measure.Outcome.Kind;
import org.oneshottuner.measure.TaskValues.Numbers;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.Schedule.Setting;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** The native runner's reference output against kernels written from the operators' definitions. */
@Timeout(120)
class ReferenceTest {
  private static final List<String> EXACT =
      List.of(
          "conv2d n=1 c=3 h=9 w=7 k=5 r=3 s=3 pad=1",
          "conv2d n=2 c=6 h=9 w=7 k=10 r=3 s=2 stride=2 pad=1 epilogue=bias+relu layout=nchw16c",
          "conv2d n=1 c=8 h=12 w=11 k=12 r=3 s=3 pad=2 dilation=2 groups=4 epilogue=bias+add+relu layout=nchw16c",
          "conv2d n=1 c=6 h=12 w=11 k=4 r=5 s=1 pad=0,1,2,3 groups=2 epilogue=relu6",
          "conv2d n=1 c=130 h=5 w=5 k=9 r=1 s=1 epilogue=add",
          "conv2d n=1 c=4 h=20 w=20 k=4 r=7 s=7 stride=3 pad=3 layout=nchw16c",
          "depthwise_conv2d n=2 c=7 h=10 w=9 r=3 s=3 stride=2 pad=1 epilogue=bias+relu6 layout=nchw16c",
          "depthwise_conv2d n=1 c=5 h=10 w=9 r=5 s=5 pad=2 epilogue=add+relu",
          "dense m=7 n=130 k=70 epilogue=bias+add",
          "dense m=1 n=65 k=200",
          "batch_matmul b=3 m=5 n=67 k=33",
          "batch_matmul b=2 m=9 n=64 k=64 epilogue=bias+relu",
          "batch_matmul b=3 m=5 n=67 k=33 transpose=rhs",
          "batch_matmul b=3 m=6 n=67 k=33 transpose=lhs",
          "batch_matmul b=2 m=9 n=65 k=70 transpose=both epilogue=bias");

  private static final List<String> ROUNDED =
      List.of(
          "conv2d n=1 c=16 h=14 w=14 k=20 r=3 s=3 pad=1 epilogue=bias+swish layout=nchw16c",
          "conv2d n=1 c=16 h=14 w=14 k=20 r=3 s=3 pad=1 epilogue=sigmoid",
          "dense m=33 n=70 k=500 epilogue=bias+gelu",
          "batch_matmul b=2 m=20 n=30 k=300");

  private final Path folder;

  ReferenceTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static List<Request> requests(List<String> workloads) {
    return IntStream.range(0, workloads.size())
        .mapToObj(
            number ->
                new Request(
                    new Candidate(
                        new TuningTask(
                            Workload.parse(workloads.get(number)), HandKernels.target(), 1),
                        new Schedule(
                            "naive", "naive", List.of(new Setting("number", "" + number)))),
                    Draw.chosen("test")))
        .toList();
  }

  private List<String> failures(Codegen codegen, Numbers numbers, List<String> workloads)
      throws InterruptedException {
    List<String> failures = new ArrayList<>();
    int[] measured = {0};
    try (LocalDevice device = TestDevice.open(folder, codegen, TestDevice.PROTOCOL, numbers)) {
      device.measure(
          requests(workloads).iterator(),
          measurement -> {
            measured[0]++;
            String workload = measurement.candidate().task().workload().text();
            failures.addAll(
                measurement
                    .outcome()
                    .fold(timed -> List.of(), failed -> List.of(workload + ": " + failed)));
          });
    }
    assertEquals(workloads.size(), measured[0]);
    return failures;
  }

  @Test
  void sumsOfWholeNumbersAgreeExactly() throws InterruptedException {
    assertEquals(List.of(), failures(new NaiveKernels(0, ""), Numbers.WHOLE, EXACT));
  }

  @Test
  void otherSumsAgreeAsNearlyAsFloatsCan() throws InterruptedException {
    List<String> all = new ArrayList<>(ROUNDED);
    all.addAll(EXACT);
    assertEquals(List.of(), failures(new NaiveKernels(5e-7, ""), Numbers.UNIFORM, all));
  }

  @Test
  void oneWrongElementIsFoundAndNamed() throws InterruptedException {
    String workload = "conv2d n=1 c=4 h=6 w=6 k=6 r=3 s=3 pad=1 layout=nchw16c";
    // Channel 5 is lane 1 of the second block of 4; its pixels lie behind those of the first block.
    Codegen spoilt = new NaiveKernels(1e-5, "out[((6 + 2) * 6 + 3) * 4 + 1] += 0.5f;");
    List<String> failures = failures(spoilt, Numbers.UNIFORM, List.of(workload));
    assertEquals(1, failures.size());
    assertTrue(failures.get(0).contains("largest error at n=0 k=5 y=2 x=3"), () -> failures.get(0));
  }

  @Test
  void aPaddingLaneThatIsNotZeroIsFound() throws InterruptedException {
    String workload = "conv2d n=1 c=4 h=6 w=6 k=6 r=3 s=3 pad=1 layout=nchw16c";
    Codegen spoilt = new NaiveKernels(1e-5, "out[((6 + 2) * 6 + 3) * 4 + 2] = 1e-9f;");
    List<String> failures = failures(spoilt, Numbers.UNIFORM, List.of(workload));
    assertEquals(1, failures.size());
    assertTrue(failures.get(0).contains(Kind.WRONG_OUTPUT.name()), () -> failures.get(0));
    assertTrue(failures.get(0).contains("padding lane"), () -> failures.get(0));
  }
}
