package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.Padding;
import org.oneshottuner.workload.Window;

class PlaneTest {
  private static final int DRAWN_PLANES = 2000;

  /** Cuts rows tile by tile, and looks at every element that the kernel reads for a tile. */
  private static List<Plane.Segment> tileByTile(Plane plane, int size) {
    List<Plane.Segment> segments = new ArrayList<>();
    for (int from = 0; from < plane.ow(); from += size) {
      int length = Math.min(size, plane.ow() - from);
      boolean interior = true;
      for (int x = from; x < from + length; x++) {
        for (int s = 0; s < plane.s(); s++) {
          int column = x * plane.stride() + s * plane.dilation() - plane.left();
          interior &= 0 <= column && column < plane.w();
        }
      }
      int last = segments.size() - 1;
      if (interior
          && last >= 0
          && segments.get(last).interior()
          && segments.get(last).size() == length) {
        Plane.Segment before = segments.get(last);
        segments.set(last, new Plane.Segment(before.from(), before.tiles() + 1, length, true));
      } else {
        segments.add(new Plane.Segment(from, 1, length, interior));
      }
    }
    return segments;
  }

  @Test
  void rowsAreCutIntoTheTilesOfTheDefinition() {
    SplitMix64 random = TestSeed.random("planes");
    for (int i = 0; i < DRAWN_PLANES; i++) {
      int s = number(random, 1, 9);
      int dilation = number(random, 1, 3);
      int left = number(random, 0, 12);
      int right = number(random, 0, 12);
      int w = Math.max(number(random, 1, 60), dilation * (s - 1) + 1 - left - right);
      Window window =
          new Window(1, w, 1, s, number(random, 1, 4), new Padding(0, left, 0, right), dilation);
      Plane plane = Plane.rows(window);
      for (int size = 1; size <= 9; size++) {
        assertThat(plane.segments(size))
            .as("%s by %d, %s", plane, size, TestSeed.rerun())
            .isEqualTo(tileByTile(plane, size));
      }
    }
  }

  @Test
  void theLongestRowIsCutAtOnce() {
    int most = Integer.MAX_VALUE;
    Plane plane = Plane.rows(new Window(1, most, 1, 1, 1, Padding.NONE, 1));
    assertThat(plane.segments(1)).containsExactly(new Plane.Segment(0, most, 1, true));
    assertThat(plane.segments(8))
        .containsExactly(
            new Plane.Segment(0, most / 8, 8, true), new Plane.Segment(most - 7, 1, 7, true));
  }

  private static int number(SplitMix64 random, int least, int most) {
    return least + (int) random.nextLong(most - least + 1L);
  }
}
