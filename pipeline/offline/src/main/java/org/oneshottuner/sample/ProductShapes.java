package org.oneshottuner.sample;

import java.util.List;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.ElementType;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Transpose;
import org.oneshottuner.workload.Workload;

/** Matrix products near to those of networks. */
final class ProductShapes {
  private static final double WIDTH_SD = 0.4;
  private static final double HEADS_SD = 0.5;
  private static final double SAME_RATIO_SHARE = 0.75;
  private static final double SAME_CLASSES_SHARE = 0.4;
  private static final double OTHER_EPILOGUE_SHARE = 0.1;
  private static final double CROSS_SHARE = 0.1;
  private static final double SAME_HEAD_SHARE = 0.5;
  private static final double SAME_TRANSPOSE_SHARE = 0.5;
  private static final double USUAL_TRANSPOSE_SHARE = 0.7;
  private static final List<Transpose> TRANSPOSES = List.of(Transpose.values());
  private static final List<Integer> HEAD_WIDTHS = List.of(16, 24, 32, 40, 48, 64, 80, 96, 128);

  private final Anchors<Dense> dense;
  private final Anchors<BatchMatmul> batched;

  ProductShapes(Anchors<Dense> dense, Anchors<BatchMatmul> batched) {
    this.dense = dense;
    this.batched = batched;
  }

  Workload dense(Draws draws) {
    Dense anchor = dense.pick(draws);
    Epilogue other = dense.pick(draws).epilogue();
    Epilogue epilogue = draws.chance(OTHER_EPILOGUE_SHARE) ? other : anchor.epilogue();
    int m = anchor.m() == 1 ? 1 : Rounding.tokens(anchor.m(), draws);
    int n;
    int k;
    if (m == 1 && anchor.n() != anchor.k()) {
      // a classifier: the number of classes does not follow the width
      k = width(anchor.k(), draws);
      n = draws.chance(SAME_CLASSES_SHARE) ? anchor.n() : width(anchor.n(), draws);
    } else if (!draws.chance(SAME_RATIO_SHARE)) {
      k = width(anchor.k(), draws);
      n = width(anchor.n(), draws);
    } else if (anchor.n() % anchor.k() == 0) {
      k = width(anchor.k(), draws);
      n = k * (anchor.n() / anchor.k());
    } else if (anchor.k() % anchor.n() == 0) {
      n = width(anchor.n(), draws);
      k = n * (anchor.k() / anchor.n());
    } else {
      k = width(anchor.k(), draws);
      n = width((double) anchor.n() / anchor.k() * k, draws);
    }
    return new Dense(m, n, k, ElementType.F32, epilogue);
  }

  /**
   * Attention: scores are tokens x tokens, sums over a head; contexts are tokens x head, sums over
   * tokens. Keys usually lie as tokens x head, as values do: then the right side of scores is
   * transposed, unless the compiler has folded that into what comes before.
   */
  Workload batchMatmul(Draws draws) {
    BatchMatmul anchor = batched.pick(draws);
    boolean scores = anchor.m() == anchor.n();
    int head =
        draws.chance(SAME_HEAD_SHARE)
            ? (scores ? anchor.k() : anchor.n())
            : draws.pick(HEAD_WIDTHS);
    int heads = Math.max(1, (int) Math.rint(draws.scaled(anchor.b(), HEADS_SD)));
    int queries = Rounding.tokens(anchor.m(), draws);
    int keys = draws.chance(CROSS_SHARE) ? Rounding.tokens(anchor.m(), draws) : queries;
    Transpose transpose =
        draws.chance(SAME_TRANSPOSE_SHARE)
            ? anchor.transpose()
            : draws.chance(USUAL_TRANSPOSE_SHARE)
                ? (scores ? Transpose.RHS : Transpose.NONE)
                : draws.pick(TRANSPOSES);
    return new BatchMatmul(
        heads,
        queries,
        scores ? keys : head,
        scores ? head : keys,
        transpose,
        ElementType.F32,
        anchor.epilogue());
  }

  private static int width(double value, Draws draws) {
    return Rounding.width(draws.scaled(value, WIDTH_SD), draws);
  }
}
