package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;

class ReadsTest {
  private static final Buffer OUT = new Buffer("out", Role.OUTPUT, 4);
  private static final Value ONE = new Value.Constant(1, 1);

  @Test
  void whatOnlyMakesUpAnUnreadValueIsUnread() {
    Consumer<Code> chain =
        code -> {
          Index first = code.define("first", new Axis("unit").index().times(2));
          Place view = code.bind("view", OUT, first);
          Local a = code.declare("a", 1);
          code.assign(a.at(), new Value.Load(view, Index.ZERO, 1));
          Local b = code.declare("b", 1);
          code.assign(b.at(), a.at().plus(b.at()));
        };
    assertThat(unread(chain)).containsExactlyInAnyOrder("first", "view", "a", "b");
    assertThat(unread(chain.andThen(code -> code.store(OUT, Index.ZERO, Local.of("b", 1).at()))))
        .isEmpty();
  }

  @Test
  void whatTheNextPassOfALoopReadsIsRead() {
    assertThat(
            unread(
                code -> {
                  Local a = code.declare("a", 1);
                  Local b = code.declare("b", 1);
                  Local c = code.declare("c", 1);
                  code.assign(a.at(), ONE);
                  code.assign(b.at(), ONE);
                  code.loop(
                      "i",
                      2,
                      (body, i) -> {
                        body.store(OUT, i, a.at());
                        body.assign(a.at(), b.at());
                        body.assign(b.at(), c.at());
                      });
                }))
        .isEmpty();
  }

  @Test
  void branchesOfAnUnrolledLoopAreDecided() {
    assertThat(unread(code -> readBelow(code, 1))).isEmpty();
    assertThat(unread(code -> readBelow(code, 0))).containsExactly("a");
  }

  private static void readBelow(Code code, int end) {
    Local a = code.declare("a", 1);
    code.assign(a.at(), ONE);
    code.unrolled(
        "u",
        2,
        (copy, u) ->
            copy.when(Condition.less(u, Index.of(end)), taken -> taken.store(OUT, u, a.at())));
  }

  @Test
  void anUnreadRegisterOfAnOuterBlockReadsNothing() {
    Local outer = Local.of("outer", 1);
    Consumer<Code> inner =
        code -> {
          Local a = code.declare("a", 1);
          code.assign(a.at(), ONE);
          code.assign(outer.at(), a.at());
        };
    assertThat(Reads.unread(Code.block(inner), Set.of(), Map.of())).isEmpty();
    assertThat(Reads.unread(Code.block(inner), Set.of("outer"), Map.of())).containsExactly("a");
  }

  @Test
  void theyAreNotPrinted() {
    Axis unit = new Axis("unit");
    Statement body =
        Code.block(
            code -> {
              Local kept = code.declare("kept", 1);
              code.assign(kept.at(), ONE);
              code.add(
                  Code.block(
                      idle -> {
                        Local lost = idle.declare("lost", 4);
                        idle.assign(lost.at(), new Value.Constant(0, 4));
                      }));
              code.store(OUT, unit.index(), kept.at());
            });
    LoopNest nest =
        new LoopNest(List.of(OUT), Optional.empty(), List.of(new LoopNest.Phase(unit, 4, body)));
    assertThat(CPrinter.print("kernel", List.of(), nest).text())
        .contains("kept = 1.0f;", "out[unit] = kept;")
        .doesNotContain("lost", "v4");
  }

  private static Set<String> unread(Consumer<Code> writer) {
    return Reads.unread(Code.block(writer), Set.of(), Map.of());
  }
}
