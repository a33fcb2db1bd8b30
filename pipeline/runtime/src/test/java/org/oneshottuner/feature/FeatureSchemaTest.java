package org.oneshottuner.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.lower.GoldenTasks;
import org.oneshottuner.lower.OnlyKnobs;
import org.oneshottuner.lower.SmallTasks;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.lower.Trait;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Golden;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.TuningTask;

class FeatureSchemaTest {
  private static final FeatureSchema SCHEMA = FeatureSchema.CURRENT;
  private static final int DRAWN_TASKS = 200;

  private static Stream<TuningTask> tasks() {
    SplitMix64 random = TestSeed.random("tasks of features");
    return Stream.concat(
        GoldenTasks.all(), Stream.generate(() -> SmallTasks.draw(random)).limit(DRAWN_TASKS));
  }

  @Test
  void everyColumnOfFixedCandidatesHasItsRecordedBits() throws IOException {
    Golden.check(
        "features-" + SCHEMA.id() + ".txt",
        GoldenTasks.all()
            .flatMap(FeatureSchemaTest::fixed)
            .map(FeatureSchemaTest::description)
            .collect(Collectors.joining("\n")));
  }

  @Test
  void columnsAreTheSchemasInOrder() throws IOException {
    Golden.check(
        "columns-" + SCHEMA.id() + ".txt",
        SCHEMA.columns().stream()
            .map(column -> column.name() + " | " + column.unit() + " | " + column.meaning() + "\n")
            .collect(Collectors.joining()));
  }

  @Test
  void aBlockOfRowsHasTheBitsOfItsCandidates() {
    tasks()
        .forEach(
            task -> {
              ScheduleSpace space = Templates.space(task);
              SplitMix64 random = TestSeed.random("block", task.key());
              int count = (int) Math.min(space.size(), 1 + random.nextLong(40));
              long from = random.nextLong(space.size() - count + 1);
              blockHasTheBitsOfItsCandidates(task, space, from, count);
            });
  }

  @Test
  void aBlockMayCrossTemplates() {
    tasks()
        .forEach(
            task -> {
              ScheduleSpace space = Templates.space(task);
              for (int place = 1; place < space.templates().size(); place++) {
                long from = space.start(place) - Math.min(3, space.start(place));
                int count = (int) Math.min(6, space.size() - from);
                blockHasTheBitsOfItsCandidates(task, space, from, count);
              }
            });
  }

  private static void blockHasTheBitsOfItsCandidates(
      TuningTask task, ScheduleSpace space, long from, int count) {
    float[] rows = new float[count * SCHEMA.size()];
    SpaceFeatures.of(task, space).fill(from, count, rows);
    for (int i = 0; i < count; i++) {
      Candidate candidate = new Candidate(task, space.at(from + i));
      float[] row = Arrays.copyOfRange(rows, i * SCHEMA.size(), (i + 1) * SCHEMA.size());
      assertThat(bits(row)).as(note(candidate)).isEqualTo(bits(SCHEMA.read(candidate)));
    }
  }

  @Test
  void traitsReadOnlyTheKnobsThatTheyDeclareAndAreFinite() {
    drawn(
        (candidate, member) ->
            traits(candidate)
                .forEach(
                    (trait, reader) -> {
                      double value =
                          reader.value().applyAsDouble(new OnlyKnobs(reader.knobs(), member));
                      assertThat(value).as(trait + " of " + note(candidate)).isFinite();
                      assertThat(value).as(trait + " of " + note(candidate)).isNotNegative();
                    }));
  }

  @Test
  void aColumnIsMissingOnlyWhereTheTemplateHasNoSuchTrait() {
    drawn(
        (candidate, member) -> {
          Set<Trait> known = traits(candidate).keySet();
          float[] row = SCHEMA.read(candidate);
          for (int i = 0; i < row.length; i++) {
            FeatureColumn column = SCHEMA.columns().get(i);
            if (!(column.source() instanceof FeatureColumn.OfColumns)) {
              boolean missing = column.trait().map(trait -> !known.contains(trait)).orElse(false);
              assertThat(Float.isNaN(row[i]))
                  .as(column.name() + " of " + note(candidate))
                  .isEqualTo(missing);
              assertThat(row[i]).as(column.name()).isNotEqualTo(Float.POSITIVE_INFINITY);
            }
          }
        });
  }

  @Test
  void aTemplateReadsATraitOnce() {
    tasks()
        .forEach(
            task -> {
              for (TemplateSpace space : Templates.space(task).templates()) {
                assertThat(Templates.traits(task, space.template()))
                    .extracting(Trait.Reader::trait)
                    .as(space.template())
                    .doesNotHaveDuplicates();
              }
            });
  }

  @Test
  void aReaderOfAnUndeclaredKnobIsCaught() {
    OnlyKnobs values =
        new OnlyKnobs(
            Set.of("mr"), new TemplateSpace("t", List.of(), List.of()).values(new int[0]));
    assertThatThrownBy(() -> values.number("nv"))
        .isInstanceOf(AssertionError.class)
        .hasMessage("reads knob nv, declares [mr]");
  }

  @Test
  void aColumnThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> SCHEMA.place("luck"))
        .hasMessage("Cannot find column luck in schema " + SCHEMA.id());
  }

  @Test
  void rowsBeyondTheSpaceOrTheArrayAreRefused() {
    TuningTask task = GoldenTasks.all().findFirst().orElseThrow();
    ScheduleSpace space = Templates.space(task);
    SpaceFeatures features = SpaceFeatures.of(task, space);
    float[] rows = new float[2 * SCHEMA.size()];
    assertThatThrownBy(() -> features.fill(space.size() - 1, 2, rows))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> features.fill(-1, 1, rows))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> features.fill(0, 3, rows))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aColumnHasTheBitsOfItsRowsAndReadsOnlyItsKnobs() {
    tasks()
        .forEach(
            task -> {
              ScheduleSpace space = Templates.space(task);
              SpaceFeatures features = SpaceFeatures.of(task, space);
              SplitMix64 random = TestSeed.random("columns", task.key());
              float[] row = new float[SCHEMA.size()];
              float[] read = new float[SCHEMA.size()];
              for (int drawn = 0; drawn < 5; drawn++) {
                long member = random.nextLong(space.size());
                int place = space.templateOf(member);
                int[] digits = new int[space.templates().get(place).knobs().size()];
                space.templates().get(place).digits(member - space.start(place), digits);
                for (int i = 0; i < read.length; i++) {
                  SpaceColumn column = features.column(place, i);
                  int[] known = new int[digits.length];
                  for (int knob : column.knobs()) {
                    known[knob] = digits[knob];
                  }
                  read[i] = column.value(known);
                }
                SpaceFeatures.of(task, space).fill(member, 1, row);
                assertThat(bits(read)).as(task.key() + " " + member).isEqualTo(bits(row));
              }
            });
  }

  private interface Member {
    void accept(Candidate candidate, KnobValues values);
  }

  /** Hands over a drawn member of each template of each task. */
  private static void drawn(Member consumer) {
    tasks()
        .forEach(
            task -> {
              ScheduleSpace space = Templates.space(task);
              SplitMix64 random = TestSeed.random("traits", task.key());
              for (int place = 0; place < space.templates().size(); place++) {
                TemplateSpace template = space.templates().get(place);
                long index = random.nextLong(template.size());
                int[] digits = new int[template.knobs().size()];
                template.digits(index, digits);
                consumer.accept(
                    new Candidate(task, space.at(space.start(place) + index)),
                    template.values(digits));
              }
            });
  }

  private static Map<Trait, Trait.Reader> traits(Candidate candidate) {
    return Templates.traits(candidate.task(), candidate.schedule().template()).stream()
        .collect(Collectors.toMap(Trait.Reader::trait, Function.identity()));
  }

  /** Returns the middle member of each template. */
  private static Stream<Candidate> fixed(TuningTask task) {
    ScheduleSpace space = Templates.space(task);
    Stream.Builder<Candidate> fixed = Stream.builder();
    for (int place = 0; place < space.templates().size(); place++) {
      long middle = space.start(place) + space.templates().get(place).size() / 2;
      fixed.add(new Candidate(task, space.at(middle)));
    }
    return fixed.build();
  }

  private static String description(Candidate candidate) {
    float[] row = SCHEMA.read(candidate);
    StringBuilder text = new StringBuilder(candidate.task().workload().text());
    text.append(" @ ").append(candidate.task().target().name());
    text.append("\n  ").append(candidate.schedule().text());
    for (int i = 0; i < row.length; i++) {
      text.append(i % 6 == 0 ? "\n  " : " ")
          .append(SCHEMA.columns().get(i).name())
          .append("=%08x:%s".formatted(Float.floatToRawIntBits(row[i]), row[i]));
    }
    return text.append('\n').toString();
  }

  private static int[] bits(float[] row) {
    int[] bits = new int[row.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(row[i]);
    }
    return bits;
  }

  private static String note(Candidate candidate) {
    return candidate.key() + ", " + TestSeed.rerun();
  }
}
