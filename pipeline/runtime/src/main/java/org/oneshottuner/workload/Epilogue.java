package org.oneshottuner.workload;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The element-wise operations fused behind an operator, in order of use.
 *
 * @param steps the operations; each occurs at most once
 */
public record Epilogue(List<Step> steps) {
  /** Nothing fused. */
  public static final Epilogue NONE = new Epilogue(List.of());

  /** One fused element-wise operation. */
  public enum Step {
    /** Adds a constant for each output channel, or for each column of a matrix product. */
    BIAS,
    /** {@code max(x, 0)}. */
    RELU,
    /** {@code min(max(x, 0), 6)}. */
    RELU6,
    /** Adds a residual tensor of the output's shape and layout. */
    ADD,
    /** {@code x / 2 · (1 + erf(x / √2))}: Hendrycks and Gimpel 2016, the exact form. */
    GELU,
    /** {@code 1 / (1 + exp(-x))}. */
    SIGMOID,
    /** {@code x / (1 + exp(-x))}. */
    SWISH;

    /** Returns the name used in workload text, such as {@code relu6}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Copies the list and checks that no step is used twice. */
  public Epilogue {
    steps = List.copyOf(steps);
    Set<Step> seen = EnumSet.noneOf(Step.class);
    for (Step step : steps) {
      if (!seen.add(step)) {
        throw new IllegalArgumentException("Cannot use epilogue step " + step.text() + " twice");
      }
    }
  }

  /** Returns whether {@code step} is part of this epilogue. */
  public boolean has(Step step) {
    return steps.contains(step);
  }

  /** Returns the form used in workload text, such as {@code bias+relu}, or {@code none}. */
  public String text() {
    return steps.isEmpty()
        ? "none"
        : steps.stream().map(Step::text).collect(Collectors.joining("+"));
  }

  /**
   * Reads the form that {@link #text()} writes.
   *
   * @throws IllegalArgumentException if a step is unknown or used twice
   */
  public static Epilogue parse(String text) {
    if (text.equals("none")) {
      return NONE;
    }
    List<Step> steps = new ArrayList<>();
    for (String name : text.split("\\+", -1)) {
      steps.add(WorkloadText.constant("epilogue", name, Step.values(), Step::text));
    }
    return new Epilogue(steps);
  }
}
