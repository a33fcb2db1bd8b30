package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void columnsAreAsWideAsWhatStandsInThem() {
    TextTable table = new TextTable().words("way").figures("regret").words("note");
    table.row("a long name", TextTable.percent(0.051), "first");
    table.row("short", TextTable.percent(OptionalDouble.empty()), "");
    assertThat(table.lines())
        .containsExactly(
            "way          regret  note", "a long name    5.1%  first", "short             -");
    assertThatIllegalArgumentException().isThrownBy(() -> table.row("too", "few"));
    assertThat(new TextTable().words("way").lines()).isEmpty();
  }

  @Test
  void figuresSayTheirUnit() {
    assertThat(TextTable.range(-0.011, 0.033)).isEqualTo("-1.1% to 3.3%");
    assertThat(TextTable.micros(OptionalDouble.of(1234))).isEqualTo("1.2");
    assertThat(TextTable.micros(OptionalDouble.empty())).isEqualTo(TextTable.UNKNOWN);
    assertThat(TextTable.fixed(3, Double.POSITIVE_INFINITY)).isEqualTo(TextTable.UNKNOWN);
  }
}
