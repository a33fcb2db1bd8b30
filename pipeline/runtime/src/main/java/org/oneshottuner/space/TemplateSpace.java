package org.oneshottuner.space;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The schedules of one template: every combination of its knobs' choices that all constraints
 * allow.
 *
 * <p>Members are numbered from zero in mixed radix, the first knob turning fastest, with the
 * combinations that a constraint forbids left out. They are never listed: a decision diagram, one
 * level a knob, counts the members below each partial choice, so that the size is exact and any
 * member is reached by its number in a few additions. Levels share what lies below partial choices
 * that the remaining constraints cannot tell apart. Immutable.
 */
public final class TemplateSpace {
  private final String template;
  private final List<Knob> knobs;
  private final List<Constraint> constraints;
  private final NamePlaces places;

  /** By knob and choice. */
  private final int[][] numbers;

  /**
   * For each knob, from the last (the root) to the first: a row of children for each node, -1 where
   * forbidden.
   */
  private final int[][] children;

  /** For each knob: the members below each node. */
  private final long[][] counts;

  /**
   * Builds the space.
   *
   * @throws IllegalArgumentException if two knobs share a name, or a constraint reads a knob that
   *     is not there
   */
  public TemplateSpace(String template, List<Knob> knobs, List<Constraint> constraints) {
    this.template = requireNonNull(template, "template");
    this.knobs = List.copyOf(knobs);
    this.constraints = List.copyOf(constraints);
    this.places = new NamePlaces(this.knobs.stream().map(Knob::name).toList());
    this.numbers = new int[knobs.size()][];
    for (int i = 0; i < numbers.length; i++) {
      Knob knob = knobs.get(i);
      if (places.of(knob.name()) != i) {
        throw new IllegalArgumentException(
            "Cannot build space " + template + ": two knobs are called " + knob.name());
      }
      numbers[i] = new int[knob.size()];
      Arrays.setAll(numbers[i], knob::number);
    }
    this.children = new int[knobs.size()][];
    this.counts = new long[knobs.size() + 1][];
    build(this.constraints.stream().map(this::read).toList());
  }

  /** Returns the template's name. */
  public String template() {
    return template;
  }

  /** Returns the knobs, in the order in which a schedule names them. */
  public List<Knob> knobs() {
    return knobs;
  }

  /** Returns the constraints. */
  public List<Constraint> constraints() {
    return constraints;
  }

  /** Returns the number of members. */
  public long size() {
    return counts[knobs.size()][0];
  }

  /** Returns the place of a knob in {@link #knobs()}, or -1. */
  public int place(String knob) {
    return places.of(knob);
  }

  /**
   * Writes the choices of a member.
   *
   * @param index the member's number
   * @param digits receives, for each knob, the place of its choice
   */
  public void digits(long index, int[] digits) {
    if (index < 0 || index >= size()) {
      throw new IndexOutOfBoundsException(
          "Cannot take member " + index + " of " + template + ": size is " + size());
    }
    long rest = index;
    int node = 0;
    for (int knob = knobs.size() - 1; knob >= 0; knob--) {
      int choices = numbers[knob].length;
      int row = node * choices;
      for (int digit = 0; ; digit++) {
        int child = children[knob][row + digit];
        if (child >= 0) {
          long below = counts[knob][child];
          if (rest < below) {
            digits[knob] = digit;
            node = child;
            break;
          }
          rest -= below;
        }
      }
    }
  }

  /**
   * Returns the number of the member with these choices, or -1 if a constraint forbids them.
   *
   * @param digits for each knob, the place of its choice
   */
  public long indexOf(int[] digits) {
    long index = 0;
    int node = 0;
    for (int knob = knobs.size() - 1; knob >= 0; knob--) {
      int row = node * numbers[knob].length;
      for (int digit = 0; digit < digits[knob]; digit++) {
        int child = children[knob][row + digit];
        index += child < 0 ? 0 : counts[knob][child];
      }
      node = children[knob][row + digits[knob]];
      if (node < 0) {
        return -1;
      }
    }
    return index;
  }

  /**
   * Returns a walk over the members from one on.
   *
   * @param index the number of the member to start at
   */
  public Cursor cursor(long index) {
    return new Cursor(index);
  }

  /**
   * Returns the member that follows a list of wishes as far as the constraints allow: from the last
   * knob to the first, the allowed choice nearest to the wish.
   *
   * @param wishes for each knob, the place of the choice wished for
   */
  public long nearest(int[] wishes) {
    int[] digits = new int[knobs.size()];
    int node = 0;
    for (int knob = knobs.size() - 1; knob >= 0; knob--) {
      int choices = numbers[knob].length;
      int best = -1;
      for (int digit = 0; digit < choices; digit++) {
        if (children[knob][node * choices + digit] >= 0
            && (best < 0 || Math.abs(digit - wishes[knob]) < Math.abs(best - wishes[knob]))) {
          best = digit;
        }
      }
      if (best < 0) {
        throw new IllegalStateException("Cannot take a member of " + template + ": it has none");
      }
      digits[knob] = best;
      node = children[knob][node * choices + best];
    }
    return indexOf(digits);
  }

  /** Returns a search for members whose choices lie within bounds. */
  public Boxes boxes() {
    return new Boxes();
  }

  /** Returns the values that {@code digits} give to the knobs; a live view of the array. */
  public KnobValues values(int[] digits) {
    return new Digits(digits);
  }

  /**
   * Returns what makes this space what it is: template, knobs, choices and constraints, one a line.
   */
  String description() {
    return "template "
        + template
        + "\n"
        + knobs.stream().map(knob -> "knob " + knob + "\n").collect(Collectors.joining())
        + constraints.stream()
            .map(rule -> "constraint " + rule.name() + "\n")
            .collect(Collectors.joining());
  }

  private int allowed(int knob, int node, int from) {
    int[] row = children[knob];
    int choices = numbers[knob].length;
    int start = node * choices;
    for (int digit = from; digit < choices; digit++) {
      if (row[start + digit] >= 0) {
        return digit;
      }
    }
    return -1;
  }

  /**
   * Returns the places of the knobs that a constraint reads, rising.
   *
   * @throws IllegalArgumentException if one is not there
   */
  private int[] read(Constraint constraint) {
    int[] read = constraint.knobs().stream().mapToInt(places::of).sorted().toArray();
    if (read[0] < 0) {
      throw new IllegalArgumentException(
          "Cannot build space "
              + template
              + ": constraint "
              + constraint.name()
              + " reads "
              + constraint.knobs()
              + ", knobs are "
              + places);
    }
    return read;
  }

  /**
   * Lays out the diagram.
   *
   * @param read by constraint: places of the knobs that it reads, rising
   */
  private void build(List<int[]> read) {
    int[] digits = new int[knobs.size()];
    PartialChoices nodes = PartialChoices.first(digits.length);
    for (int knob = knobs.size() - 1; knob >= 0; knob--) {
      int choices = numbers[knob].length;
      int[] row = new int[nodes.count() * choices];
      List<Rule> decided = decidedAt(knob, read, row.length);
      Children next = new Children(knob, live(knob, read));
      for (int node = 0; node < nodes.count(); node++) {
        nodes.read(node, digits);
        digits[knob] = 0;
        for (int i = 0; i < decided.size(); i++) {
          decided.get(i).start(digits);
        }
        next.start(digits);
        for (int digit = 0; digit < choices; digit++) {
          digits[knob] = digit;
          row[node * choices + digit] = allow(decided, digits) ? next.number(digits) : -1;
        }
      }
      children[knob] = row;
      nodes = next.all;
    }
    count(nodes.count());
  }

  /** Counts from the leaves up, and cuts off choices below which there is no member. */
  private void count(int leaves) {
    counts[0] = new long[leaves];
    Arrays.fill(counts[0], 1);
    for (int knob = 0; knob < knobs.size(); knob++) {
      int choices = numbers[knob].length;
      long[] sums = new long[children[knob].length / choices];
      for (int i = 0; i < children[knob].length; i++) {
        int child = children[knob][i];
        if (child >= 0 && counts[knob][child] == 0) {
          children[knob][i] = -1;
        } else if (child >= 0) {
          sums[i / choices] = Math.addExact(sums[i / choices], counts[knob][child]);
        }
      }
      counts[knob + 1] = sums;
    }
  }

  private static boolean allow(List<Rule> decided, int[] digits) {
    for (int i = 0; i < decided.size(); i++) {
      if (!decided.get(i).holds(digits)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the constraints whose first knob, the last to be decided, is {@code knob}. */
  private List<Rule> decidedAt(int knob, List<int[]> read, int questions) {
    List<Rule> decided = new ArrayList<>();
    for (int i = 0; i < read.size(); i++) {
      if (read.get(i)[0] == knob) {
        decided.add(new Rule(constraints.get(i), read.get(i), questions));
      }
    }
    return decided;
  }

  /** Returns the knobs from {@code knob} on that constraints on earlier knobs still read. */
  private static int[] live(int knob, List<int[]> read) {
    return read.stream()
        .filter(places -> places[0] < knob)
        .flatMapToInt(Arrays::stream)
        .filter(place -> place >= knob)
        .sorted()
        .distinct()
        .toArray();
  }

  /** A constraint, asked for all choices of its first knob at a node. */
  private final class Rule {
    private static final byte HOLDS = 1;
    private static final byte FORBIDS = 2;

    private final Predicate<KnobValues> holds;
    private final int[] read;
    // by combination of choices: what is known of it; empty where hardly one is met again
    private final byte[] known;
    private int[] digits = {};
    private KnobValues values;
    private int first;

    Rule(Constraint constraint, int[] read, int questions) {
      this.holds = constraint.holds();
      this.read = read;
      long combinations = 1;
      for (int place : read) {
        combinations = Math.min(combinations * numbers[place].length, Integer.MAX_VALUE);
      }
      this.known = new byte[combinations <= questions / 2 ? (int) combinations : 0];
      this.values = values(digits);
    }

    /** Goes to a node; its choices are an array that stays the same. */
    void start(int[] choices) {
      if (choices != digits) {
        digits = choices;
        values = values(choices);
      }
      if (known.length > 0) {
        first = 0;
        for (int i = read.length - 1; i > 0; i--) {
          first = (first + digits[read[i]]) * numbers[read[i - 1]].length;
        }
      }
    }

    boolean holds(int[] choices) {
      if (known.length == 0) {
        return holds.test(values);
      }
      int combination = first + choices[read[0]];
      if (known[combination] == 0) {
        known[combination] = holds.test(values) ? HOLDS : FORBIDS;
      }
      return known[combination] == HOLDS;
    }
  }

  /** The nodes of the next level as they are met. */
  private final class Children {
    private final int knob;
    private final boolean apart;
    private final PartialChoices all;
    // by what later constraints read of the knobs decided before: the children with each choice
    private final PartialChoices rests;
    private int[] known = {};
    private int rest;

    Children(int knob, int[] live) {
      this.knob = knob;
      this.apart = live.length > 0 && live[0] == knob;
      this.all = new PartialChoices(knobs.size(), new int[0]);
      this.rests = new PartialChoices(knobs.size(), live);
    }

    /** Goes to a node, of which the first choice is made. */
    void start(int[] digits) {
      int before = rests.count();
      rest = rests.number(digits) * numbers[knob].length;
      if (rests.count() > before) {
        int end = rest + numbers[knob].length;
        if (end > known.length) {
          known = Arrays.copyOf(known, 2 * end);
        }
        Arrays.fill(known, rest, end, -1);
      }
    }

    /** Returns the number of the child with these choices. */
    int number(int[] digits) {
      int at = rest + (apart ? digits[knob] : 0);
      if (known[at] < 0) {
        known[at] = all.add(digits);
      }
      return known[at];
    }
  }

  /** A walk over the members in order. Not thread-safe. */
  public final class Cursor {
    private final int[] digits = new int[knobs.size()];

    /** For each knob, the node whose children are its choices. */
    private final int[] path = new int[knobs.size()];

    private Cursor(long index) {
      TemplateSpace.this.digits(index, digits);
      int node = 0;
      for (int knob = knobs.size() - 1; knob >= 0; knob--) {
        path[knob] = node;
        node = children[knob][node * numbers[knob].length + digits[knob]];
      }
    }

    /** Returns, for each knob, the place of its choice in the member stood at; a live view. */
    public int[] digits() {
      return digits;
    }

    /**
     * Moves to the next member; about one step of work on average.
     *
     * @return how many leading knobs may have changed their choices, or zero if there is no next
     *     member
     */
    public int next() {
      for (int knob = 0; knob < digits.length; knob++) {
        int next = allowed(knob, path[knob], digits[knob] + 1);
        if (next >= 0) {
          digits[knob] = next;
          descend(knob, children[knob][path[knob] * numbers[knob].length + next]);
          return knob + 1;
        }
      }
      return 0;
    }

    private void descend(int below, int start) {
      int node = start;
      for (int knob = below - 1; knob >= 0; knob--) {
        path[knob] = node;
        digits[knob] = allowed(knob, node, 0);
        node = children[knob][node * numbers[knob].length + digits[knob]];
      }
    }
  }

  /**
   * Finds the members whose choices lie within bounds, knob by knob: in a box. What lies below a
   * node of the diagram is gone through once a question, so that even an empty box of many
   * combinations is soon known to be empty. Not thread-safe; make one a thread.
   */
  public final class Boxes {
    /** For each knob and node: the last question to which no member below it was an answer. */
    private final int[][] barren = new int[knobs.size()][];

    private int question;
    // of the question at hand
    private int[] low = {};
    private int[] high = {};
    private long[] found = {};
    private int count;

    private Boxes() {
      for (int knob = 0; knob < barren.length; knob++) {
        barren[knob] = new int[children[knob].length / numbers[knob].length];
      }
    }

    /**
     * Returns the number of the first member in a box, or -1 if there is none.
     *
     * @param low for each knob, the place of the first choice in the box
     * @param high for each knob, the place of the last choice in the box
     */
    public long first(int[] low, int[] high) {
      ask(low, high);
      return first(knobs.size() - 1, 0);
    }

    /**
     * Writes the numbers of the first members in a box, rising.
     *
     * @param low as of {@link #first}
     * @param high as of {@link #first}
     * @param members receives the numbers, as many as it holds
     * @return how many there are, or how many it holds
     */
    public int list(int[] low, int[] high, long[] members) {
      ask(low, high);
      found = members;
      count = 0;
      return list(knobs.size() - 1, 0, 0) ? count : 0;
    }

    private void ask(int[] from, int[] to) {
      low = from;
      high = to;
      if (question == Integer.MAX_VALUE) {
        for (int[] nodes : barren) {
          Arrays.fill(nodes, 0);
        }
        question = 0;
      }
      question++;
    }

    /** Returns how many members below a node precede the first in the box, or -1. */
    private long first(int knob, int node) {
      if (knob < 0) {
        return 0;
      }
      if (barren[knob][node] == question) {
        return -1;
      }
      int row = node * numbers[knob].length;
      long before = 0;
      for (int digit = 0; digit <= high[knob]; digit++) {
        int child = children[knob][row + digit];
        if (child >= 0) {
          long below = digit < low[knob] ? -1 : first(knob - 1, child);
          if (below >= 0) {
            return before + below;
          }
          before += counts[knob][child];
        }
      }
      barren[knob][node] = question;
      return -1;
    }

    /**
     * Lists the members below a node, of which so many precede all; false if none is in the box.
     */
    private boolean list(int knob, int node, long start) {
      if (knob < 0) {
        found[count++] = start;
        return true;
      }
      if (barren[knob][node] == question) {
        return false;
      }
      int row = node * numbers[knob].length;
      long before = start;
      boolean any = false;
      for (int digit = 0; digit <= high[knob] && count < found.length; digit++) {
        int child = children[knob][row + digit];
        if (child >= 0) {
          any |= digit >= low[knob] && list(knob - 1, child, before);
          before += counts[knob][child];
        }
      }
      if (!any && count < found.length) {
        barren[knob][node] = question;
      }
      return any;
    }
  }

  private final class Digits implements KnobValues {
    private final int[] digits;

    Digits(int[] digits) {
      this.digits = digits;
    }

    @Override
    public int number(String knob) {
      int place = require(knob);
      return numbers[place][digits[place]];
    }

    @Override
    public String text(String knob) {
      int place = require(knob);
      return knobs.get(place).text(digits[place]);
    }

    private int require(String knob) {
      int place = places.of(knob);
      if (place < 0) {
        throw new IllegalArgumentException(
            "Cannot read knob " + knob + " of " + template + ": knobs are " + places);
      }
      return place;
    }
  }
}
