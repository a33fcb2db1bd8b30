package org.oneshottuner.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {
  private static final TemplateSpace FIRST =
      new TemplateSpace(
          "gemm",
          List.of(
              new Knob.Choice("order", List.of("rows", "columns")),
              new Knob.Split("mr", 8, List.of(1, 2, 8))),
          List.of(
              new Constraint(
                  "columns only if mr=8",
                  List.of("order", "mr"),
                  v -> v.is("order", "rows") || v.number("mr") == 8)));
  private static final TemplateSpace SECOND =
      new TemplateSpace("plain", List.of(new Knob.Count("unroll", List.of(1, 4))), List.of());
  private static final ScheduleSpace SPACE = new ScheduleSpace(List.of(FIRST, SECOND));

  @Test
  void membersAreNumberedTemplateAfterTemplate() {
    assertThat(SPACE.size()).isEqualTo(6);
    assertThat(SPACE.start(1)).isEqualTo(4);
    assertThat(SPACE.at(3).text()).isEqualTo("gemm order=columns mr=8");
    assertThat(SPACE.at(4).text()).isEqualTo("plain unroll=1");
    assertThat(SPACE.templateOf(3)).isZero();
    assertThat(SPACE.templateOf(4)).isEqualTo(1);
  }

  @Test
  void everyMemberIsFoundByItselfAndByItsText() {
    for (long i = 0; i < SPACE.size(); i++) {
      Schedule schedule = SPACE.at(i);
      assertThat(SPACE.indexOf(schedule)).isEqualTo(i);
      assertThat(SPACE.indexOfText(schedule.text())).isEqualTo(i);
      assertThat(Schedule.parse(SPACE.id(), schedule.text())).isEqualTo(schedule);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "winograd m=4 | templates are [gemm, plain]",
        "gemm order=rows | knobs of gemm are [order, mr]",
        "gemm mr=1 order=rows | knobs of gemm are [order, mr]",
        "gemm order=rows mr=3 | mr is 3, choices are [1, 2, 8]",
        "gemm order=diagonal mr=1 | order is diagonal, choices are [rows, columns]",
        "gemm order=columns mr=2 | a constraint of [columns only if mr=8] forbids it",
        "gemm order | 'order' is not of the form knob=value",
        "gemm =rows | '=rows' is not of the form knob=value",
        "gemm order= mr=1 | Cannot set knob 'order' to ''",
        "gemm ORDER=rows mr=1 | Cannot set knob 'ORDER' to 'rows'",
        "'' | templates are [gemm, plain]"
      })
  void textThatNamesNoMemberIsRefused(String text, String reason) {
    assertThatThrownBy(() -> SPACE.indexOfText(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot ")
        .hasMessageContaining(reason);
  }

  @Test
  void aScheduleOfAnotherSpaceIsRefused() {
    Schedule other = new Schedule("0123456789abcdef", "plain", SPACE.at(4).settings());
    assertThatThrownBy(() -> SPACE.indexOf(other))
        .hasMessage(
            "Cannot find schedule 'plain unroll=1': it is of space 0123456789abcdef, asked of "
                + SPACE.id());
  }

  @Test
  void aNumberOutsideOfTheSpaceIsRefused() {
    assertThatThrownBy(() -> SPACE.at(6))
        .hasMessage("Cannot take member 6 of space " + SPACE.id() + ": size is 6");
    assertThatThrownBy(() -> SPACE.at(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void spacesOfNothingOrOfTwoTemplatesOfOneNameAreRefused() {
    Constraint never = new Constraint("never", List.of("unroll"), v -> false);
    TemplateSpace empty = new TemplateSpace("plain", SECOND.knobs(), List.of(never));
    assertThatThrownBy(() -> new ScheduleSpace(List.of(FIRST, empty)))
        .hasMessage("Cannot join template plain of 0 members to a space");
    assertThatThrownBy(() -> new ScheduleSpace(List.of(FIRST, FIRST)))
        .hasMessageContaining("Cannot join template gemm");
    assertThatThrownBy(() -> new ScheduleSpace(List.of()))
        .hasMessage("Cannot build a space of no templates");
  }

  @Test
  void theIdChangesWithTemplatesKnobsChoicesConstraintsAndTheirOrder() {
    Knob unroll = new Knob.Count("unroll", List.of(1, 4));
    Constraint rule = new Constraint("unroll<=4", List.of("unroll"), v -> true);
    assertThat(
            List.of(
                id(FIRST, SECOND),
                id(SECOND, FIRST),
                id(SECOND),
                id(new TemplateSpace("other", List.of(unroll), List.of())),
                id(new TemplateSpace("plain", List.of(unroll), List.of(rule))),
                id(
                    new TemplateSpace(
                        "plain", List.of(new Knob.Count("unroll", List.of(1, 2))), List.of())),
                id(
                    new TemplateSpace(
                        "plain", List.of(new Knob.Split("unroll", 4, List.of(1, 4))), List.of()))))
        .doesNotHaveDuplicates()
        .allMatch(id -> id.matches("[0-9a-f]{16}"));
    assertThat(id(SECOND)).isEqualTo(id(new TemplateSpace("plain", List.of(unroll), List.of())));
  }

  @Test
  void drawsComeFromTheSeedAndReachEveryMember() {
    List<Schedule> drawn = SPACE.draw(200, new SplitMix64(7));
    assertThat(SPACE.draw(200, new SplitMix64(7))).isEqualTo(drawn);
    assertThat(drawn.stream().distinct().count()).isEqualTo(SPACE.size());
  }

  @Test
  void aKnobThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> SPACE.at(4).number("mr"))
        .hasMessage("Cannot read knob mr of schedule 'plain unroll=1'");
  }

  private static String id(TemplateSpace... templates) {
    return new ScheduleSpace(List.of(templates)).id();
  }
}
