package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.oneshottuner.lower.Interpreter.Fault;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Each thing that the interpreter refuses, seen to be refused. */
class InterpreterTest {
  private static final int SIZE = 4;
  private static final Buffer INPUT = new Buffer("input", Role.INPUT, SIZE);
  private static final Buffer OUT = new Buffer("out", Role.OUTPUT, SIZE);
  private static final Buffer SHARED = new Buffer("shared", Role.SHARED, SIZE);
  private static final Buffer SLOT = new Buffer("slots", Role.SLOT, SIZE);
  private static final Buffer WEIGHT = new Buffer("weight", Role.WEIGHT, SIZE * SIZE);
  private static final Value ONE = new Value.Constant(1, 1);

  private final Reference operands =
      new Reference(
          new TuningTask(Workload.parse("dense m=1 n=4 k=4"), CpuTarget.AVX2, 1),
          new SplitMix64(1));

  @Test
  void unitsThatShareTheOutputAmongThemPass() {
    assertThat(run(SIZE, (code, unit) -> code.store(OUT, unit, load(INPUT, unit))))
        .isEqualTo(operands.input());
  }

  @Test
  void anElementThatIsNeverWrittenIsRefused() {
    refused("out[3] of 4 floats is never written", 3, (code, unit) -> code.store(OUT, unit, ONE));
  }

  @Test
  void aStoreOutOfBoundsIsRefused() {
    refused("out[4]", SIZE, (code, unit) -> code.store(OUT, unit.plus(1), ONE));
  }

  @Test
  void aVectorThatReachesOutOfBoundsIsRefused() {
    refused(
        "input[1] of 4 floats is out of bounds for 4 elements",
        1,
        (code, unit) -> code.store(OUT, Index.ZERO, new Value.Load(INPUT, unit.plus(1), SIZE)));
  }

  @Test
  void aBlockThatReachesOutOfBoundsIsRefused() {
    refused(
        "input[4] of 4 floats is out of bounds for 4 elements",
        1,
        (code, unit) ->
            code.transpose(
                new Statement.Rows(SHARED, Index.ZERO, 0),
                new Statement.Rows(INPUT, Index.ZERO, SIZE),
                SIZE));
  }

  @Test
  void aLoadBeforeTheBufferIsRefused() {
    refused("input[-1]", 1, (code, unit) -> code.store(OUT, unit, load(INPUT, unit.plus(-1))));
  }

  @Test
  void aStoreToAnInputIsRefused() {
    refused("input[0]", 1, (code, unit) -> code.store(INPUT, unit, ONE));
  }

  @Test
  void aReadOfWeightsOutsideOfPackingIsRefused() {
    refused("weight[0]", 1, (code, unit) -> code.store(OUT, unit, load(WEIGHT, unit)));
  }

  @Test
  void aReadOfWorkspaceThatNobodyWroteIsRefused() {
    refused(
        "shared[0] of 4 floats is read before it is written",
        1,
        (code, unit) -> code.store(OUT, unit, load(SHARED, unit)));
  }

  @Test
  void aReadOfTheStackBeforeAWriteIsRefused() {
    refused(
        "stage[0] of 4 floats is read before it is written",
        1,
        (code, unit) -> code.store(OUT, unit, load(code.allocate("stage", SIZE), unit)));
  }

  @Test
  void aReadOfARegisterBeforeItIsSetIsRefused() {
    refused(
        "is read before it is set",
        1,
        (code, unit) -> code.store(OUT, unit, code.declare("sum", 1).at()));
  }

  @Test
  void aRegisterBeyondTheArrayIsRefused() {
    refused(
        "has no register 2",
        1,
        (code, unit) -> code.assign(code.declare("sum", 1, 2).at(Index.of(2)), ONE));
  }

  @Test
  void anElementWrittenByTwoUnitsIsRefused() {
    refused("is written by two units", 2, (code, unit) -> code.store(OUT, Index.ZERO, ONE));
  }

  @Test
  void anElementReadByAUnitAndWrittenByAnotherIsRefused() {
    LoopNest nest =
        nest(
            phase(SIZE, (code, unit) -> code.store(SHARED, unit, ONE)),
            phase(
                2,
                (code, unit) -> {
                  code.store(SHARED, unit, ONE);
                  code.store(OUT, unit, load(SHARED, unit.times(-1).plus(1)));
                }));
    assertThatThrownBy(() -> run(nest)).isInstanceOf(Fault.class).hasMessageContaining("another");
  }

  @Test
  void whatAUnitLeftInItsThreadsWorkspaceIsGone() {
    refused(
        "slots[0] of 4 floats is read before it is written",
        2,
        (code, unit) -> code.store(OUT, unit, load(SLOT, Index.ZERO)));
  }

  @Test
  void aPhaseReadsWhatThePhaseBeforeLeftInSharedWorkspace() {
    LoopNest nest =
        nest(
            phase(SIZE, (code, unit) -> code.store(SHARED, unit, load(INPUT, unit))),
            phase(
                SIZE, (code, unit) -> code.store(OUT, unit, load(SHARED, unit.times(-1).plus(3)))));
    assertThat(run(nest)[0]).isEqualTo(operands.input()[3]);
  }

  @Test
  void aQuotientOfANegativeNumberIsRefused() {
    assertThatThrownBy(
            () -> run(1, (code, unit) -> code.define("half", unit.plus(-1).dividedBy(2))))
        .isInstanceOf(ArithmeticException.class)
        .hasMessage("Cannot divide index -1: it is negative");
  }

  @Test
  void aNameThatHidesAnotherIsRefused() {
    refused(
        "unit hides another of that name", 1, (code, unit) -> code.loop("unit", 2, (a, b) -> {}));
  }

  @Test
  void aNameIsForgottenWithItsBlock() {
    refused(
        "no such variable here: i",
        1,
        (code, unit) -> {
          List<Index> left = new ArrayList<>();
          code.loop("i", 2, (inner, i) -> left.add(i));
          code.store(OUT, left.get(0), ONE);
        });
  }

  private static Value load(Place place, Index index) {
    return new Value.Load(place, index, 1);
  }

  private void refused(String message, int units, BiConsumer<Code, Index> body) {
    assertThatThrownBy(() -> run(units, body))
        .isInstanceOf(Fault.class)
        .hasMessageContaining(message);
  }

  private float[] run(int units, BiConsumer<Code, Index> body) {
    return run(nest(phase(units, body)));
  }

  private float[] run(LoopNest nest) {
    return Interpreter.run(nest, operands, new SplitMix64(1));
  }

  private static LoopNest nest(LoopNest.Phase... phases) {
    return new LoopNest(
        List.of(INPUT, WEIGHT, OUT, SHARED, SLOT), Optional.empty(), List.of(phases));
  }

  private static LoopNest.Phase phase(int units, BiConsumer<Code, Index> body) {
    Axis unit = new Axis("unit");
    return new LoopNest.Phase(unit, units, Code.block(code -> body.accept(code, unit.index())));
  }
}
