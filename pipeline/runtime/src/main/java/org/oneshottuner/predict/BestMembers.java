package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.TreeSet;
import org.oneshottuner.feature.SpaceColumns;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;

/**
 * Finds the members of highest score in one task's space, exactly: by scoring all where that fits
 * the budget, else by best-first branch and bound (Land and Doig 1960, "An Automatic Method of
 * Solving Discrete Programming Problems") over boxes of knobs' choices.
 *
 * <p>The box that promises most is halved by the knob that most hangs on; no member of a box scores
 * more than the sum of the largest leaves that the box may reach in each tree ({@code
 * BoundScorer}). Small boxes are scored. The search ends when no box promises more than what was
 * found, which is then proven to be the best; or when the budget is spent, with a bound on what may
 * have been missed. The same space, ensemble and budget find the same on every machine. Not
 * thread-safe.
 */
public final class BestMembers {
  private static final int BLOCK = 1 << 13;

  /** Members, evenly spread, that are scored before boxes are bounded. */
  private static final int FIRST_LOOK = 1 << 12;

  /** Steps from the best of those to better neighbours. */
  private static final int MOST_STEPS = 16;

  /** Extents of so few combinations are scored, not halved. */
  private static final int FEW = 64;

  /** Boxes that are halved at once. */
  private static final int HALVED = BoxedTemplate.MOST_BOXES / 2;

  private final ScheduleSpace space;
  private final SpaceColumns columns;
  private final Ensemble ensemble;
  private final SearchBudget budget;
  private final SpaceScorer scorer;

  /**
   * What was found.
   *
   * @param members the best, best first
   * @param proven whether no other member comes before any of them
   * @param bound no member but these scores more
   * @param scored how many members were scored
   * @param boxes how many boxes were bounded
   */
  public record Found(
      List<ScoredMember> members, boolean proven, float bound, long scored, long boxes) {
    /** Copies the list, and checks that there is a member. */
    public Found {
      members = List.copyOf(members);
      if (members.isEmpty()) {
        throw new IllegalArgumentException("Cannot find the best of no members");
      }
    }

    /** Returns the best member. */
    public ScoredMember best() {
      return members.get(0);
    }

    /** Returns how much more than the best of these another member may score; 0 if none does. */
    public double gap() {
      float score = best().score();
      return bound > score ? (double) bound - score : 0;
    }
  }

  /**
   * Prepares a task.
   *
   * @param columns over the task's space
   * @throws IllegalArgumentException if the ensemble reads another schema
   */
  public BestMembers(SpaceColumns columns, Ensemble ensemble, SearchBudget budget) {
    this.space = columns.space();
    this.columns = columns;
    this.ensemble = ensemble;
    this.budget = budget;
    this.scorer = new SpaceScorer(columns, ensemble);
  }

  /**
   * Finds the best members.
   *
   * @param count how many; all, if the space has fewer
   * @throws IllegalArgumentException if {@code count} is below 1
   */
  public Found find(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(
          "Cannot find the best " + count + " members of space " + space.id() + ": least is 1");
    }
    Top top = new Top(count);
    return space.size() <= budget.members() ? scoredWhole(top) : new Search(top).run();
  }

  private Found scoredWhole(Top top) {
    float[] scores = new float[(int) Math.min(BLOCK, space.size())];
    for (long from = 0; from < space.size(); from += scores.length) {
      long to = Math.min(space.size(), from + scores.length);
      scorer.score(from, to, scores);
      for (int i = 0; i < to - from; i++) {
        top.offer(from + i, scores[i]);
      }
    }
    return new Found(top.members(), true, top.worst().score(), space.size(), 0);
  }

  /** The members of highest score so far, at most so many. */
  private static final class Top {
    private final int count;
    private final TreeSet<ScoredMember> members = new TreeSet<>();

    Top(int count) {
      this.count = count;
    }

    /** Takes a member, which has the same score whenever it is offered. */
    void offer(long index, float score) {
      if (!rulesOut(score, index)) {
        members.add(new ScoredMember(index, score));
        if (members.size() > count) {
          members.remove(members.last());
        }
      }
    }

    /** Returns whether nothing that scores so much at most, and comes so late, is wanted. */
    boolean rulesOut(float upper, long first) {
      if (members.size() < count) {
        return false;
      }
      ScoredMember worst = members.last();
      return upper < worst.score() || (upper == worst.score() && first > worst.index());
    }

    ScoredMember best() {
      return members.first();
    }

    ScoredMember worst() {
      return members.last();
    }

    List<ScoredMember> members() {
      return List.copyOf(members);
    }
  }

  /** One branch and bound. */
  private final class Search {
    private final Top top;
    private final List<BoxedTemplate> templates = new ArrayList<>();
    private final PriorityQueue<Box> waiting = new PriorityQueue<>();
    private final long[] few;
    private long[] wanted = new long[BLOCK];
    private float[] scores = new float[BLOCK];
    private int gathered;
    private long scored;
    private long boxes;

    Search(Top top) {
      this.top = top;
      this.few = new long[Math.max(FEW, top.count)];
      Influence influence = new Influence(ensemble.ranked());
      for (int place = 0; place < space.templates().size(); place++) {
        int template = place;
        templates.add(
            new BoxedTemplate(influence, space, place, column -> columns.column(template, column)));
      }
    }

    Found run() {
      look();
      climb();
      for (int place = 0; place < templates.size(); place++) {
        TemplateSpace template = space.templates().get(place);
        meet(place, List.of(Extent.whole(place, template.knobs())));
      }
      scoreGathered();
      while (!done() && boxes < budget.boxes()) {
        halve();
        scoreGathered();
      }
      boolean proven = done();
      float bound =
          proven ? top.worst().score() : Math.max(top.worst().score(), waiting.element().upper());
      return new Found(top.members(), proven, bound, scored, boxes);
    }

    private boolean done() {
      return waiting.isEmpty()
          || top.rulesOut(waiting.element().upper(), waiting.element().first());
    }

    /** Scores members that are evenly spread over the space. */
    private void look() {
      long count = Math.min(FIRST_LOOK, space.size());
      long step = space.size() / count;
      for (long i = 0; i < count; i++) {
        gather(i * step);
      }
      scoreGathered();
    }

    /** Steps to the best of all members that differ in one knob, as long as that is better. */
    private void climb() {
      boolean better = true;
      for (int step = 0; better && step < MOST_STEPS; step++) {
        ScoredMember from = top.best();
        int place = space.templateOf(from.index());
        TemplateSpace template = space.templates().get(place);
        int[] digits = new int[template.knobs().size()];
        template.digits(from.index() - space.start(place), digits);
        for (int knob = 0; knob < digits.length; knob++) {
          int own = digits[knob];
          for (int digit = 0; digit < template.knobs().get(knob).size(); digit++) {
            digits[knob] = digit;
            long index = template.indexOf(digits);
            if (index >= 0 && digit != own) {
              gather(space.start(place) + index);
            }
          }
          digits[knob] = own;
        }
        scoreGathered();
        better = !top.best().equals(from);
      }
    }

    /** Halves the boxes that promise most. */
    private void halve() {
      List<List<Extent>> halves = new ArrayList<>();
      templates.forEach(template -> halves.add(new ArrayList<>()));
      for (int taken = 0; taken < HALVED && !done(); taken++) {
        Box box = waiting.remove();
        List<Extent> ofTemplate = halves.get(box.extent().template());
        ofTemplate.add(box.extent().earlier(box.knob()));
        ofTemplate.add(box.extent().later(box.knob()));
      }
      for (int place = 0; place < templates.size(); place++) {
        meet(place, halves.get(place));
      }
    }

    /** Bounds extents, and keeps those that may hold what is wanted. */
    private void meet(int place, List<Extent> extents) {
      BoxedTemplate template = templates.get(place);
      boxes += extents.size();
      for (Box box : template.boxes(extents, ensemble.base())) {
        if (!top.rulesOut(box.upper(), box.first())) {
          // where all members score alike, the first are the best
          if (box.alike() || box.knob() < 0 || box.extent().volume(FEW + 1L) <= FEW) {
            int count = template.members(box.extent(), few);
            for (int i = 0; i < count; i++) {
              gather(few[i]);
            }
          } else {
            waiting.add(box);
          }
        }
      }
    }

    private void gather(long index) {
      if (gathered == wanted.length) {
        wanted = Arrays.copyOf(wanted, 2 * gathered);
      }
      wanted[gathered++] = index;
    }

    private void scoreGathered() {
      if (scores.length < gathered) {
        scores = new float[wanted.length];
      }
      scorer.score(wanted, gathered, scores);
      for (int i = 0; i < gathered; i++) {
        top.offer(wanted[i], scores[i]);
      }
      scored += gathered;
      gathered = 0;
    }
  }
}
