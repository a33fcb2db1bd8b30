package org.oneshottuner.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.oneshottuner.predict.Domain.Range;

class DomainTest {
  private static final float NAN = Float.NaN;

  @Test
  void holdsWhatWasSeenAndATenthBeyond() {
    Domain domain =
        Domain.of(
            List.of(
                new float[] {2, 0, NAN, 5},
                new float[] {12, 0, NAN, NAN},
                new float[] {7, 0, NAN, 5}));
    assertThat(domain.ranges()).containsExactly(new Range(0, 2, 12), new Range(1, 0, 0));
    assertThat(domain.beyond(new float[] {1, 0, 99, 99})).isEmpty();
    assertThat(domain.beyond(new float[] {13, 0, NAN, NAN})).isEmpty();
    assertThat(domain.beyond(new float[] {0.99f, 0, 0, 0})).containsExactly(0);
    assertThat(domain.beyond(new float[] {13.01f, 1, 0, 0})).containsExactly(0, 1);
    assertThat(domain.beyond(new float[] {NAN, -1, 0, 0})).containsExactly(1);
    assertThat(Domain.of(List.of())).isEqualTo(Domain.ANYTHING);
    assertThat(Domain.ANYTHING.beyond(new float[0])).isEmpty();
  }

  @Test
  void refusesRangesThatCannotBe() {
    assertThatThrownBy(() -> new Range(0, 1, 0))
        .hasMessage("Cannot have learnt from 1.0 to 0.0 of column 0");
    assertThatThrownBy(() -> new Range(0, NAN, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Range(-1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Range(0, 0, Float.POSITIVE_INFINITY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Domain(List.of(new Range(1, 0, 0), new Range(1, 0, 0))))
        .hasMessageStartingWith("Cannot have learnt from column 1 after column 1");
  }
}
