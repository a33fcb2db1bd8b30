package org.oneshottuner.lower;

import java.util.function.Supplier;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Epilogue.Step;

/** Writes an epilogue behind a sum. */
final class Fused {
  private static final float INVERSE_SQRT2 = 0.70710677f;

  private final Epilogue epilogue;

  Fused(Epilogue epilogue) {
    this.epilogue = epilogue;
  }

  /**
   * Writes all steps onto a register.
   *
   * @param value holds what the operator computed, and then what is to be stored
   * @param bias the constant to add, asked for only if there is such a step
   * @param residual the residual to add, asked for only if there is such a step
   */
  void apply(Code code, Value.Read value, Supplier<Value> bias, Supplier<Value> residual) {
    for (Step step : epilogue.steps()) {
      code.assign(
          value,
          switch (step) {
            case BIAS -> value.plus(bias.get());
            case ADD -> value.plus(residual.get());
            case RELU -> greatest(value, 0);
            case RELU6 ->
                new Value.Binary(Value.Operator.LEAST, greatest(value, 0), constant(6, value));
            case GELU ->
                value
                    .times(0.5f)
                    .times(
                        new Value.Call(Value.Function.ERF, value.times(INVERSE_SQRT2))
                            .plus(constant(1, value)));
            case SIGMOID -> constant(1, value).over(onePlusExpOfMinus(value));
            case SWISH -> value.over(onePlusExpOfMinus(value));
          });
    }
  }

  /**
   * Returns whether zero may become something else, so that lanes beyond the last channel must be
   * cleared.
   */
  boolean movesZero() {
    return epilogue.has(Step.SIGMOID);
  }

  boolean hasBias() {
    return epilogue.has(Step.BIAS);
  }

  boolean hasResidual() {
    return epilogue.has(Step.ADD);
  }

  private static Value onePlusExpOfMinus(Value value) {
    return new Value.Call(Value.Function.EXP, value.times(-1)).plus(constant(1, value));
  }

  private static Value greatest(Value value, float least) {
    return new Value.Binary(Value.Operator.GREATEST, value, constant(least, value));
  }

  private static Value constant(float number, Value like) {
    return new Value.Constant(number, like.lanes());
  }
}
