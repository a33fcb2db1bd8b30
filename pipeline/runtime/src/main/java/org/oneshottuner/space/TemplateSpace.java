package org.oneshottuner.space;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private final Map<String, Integer> places;

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
    this.places = new HashMap<>();
    for (int i = 0; i < knobs.size(); i++) {
      if (places.put(knobs.get(i).name(), i) != null) {
        throw new IllegalArgumentException(
            "Cannot build space " + template + ": two knobs are called " + knobs.get(i).name());
      }
    }
    for (Constraint constraint : constraints) {
      if (!places.keySet().containsAll(constraint.knobs())) {
        throw new IllegalArgumentException(
            "Cannot build space "
                + template
                + ": constraint "
                + constraint.name()
                + " reads "
                + constraint.knobs()
                + ", knobs are "
                + places.keySet());
      }
    }
    this.children = new int[knobs.size()][];
    this.counts = new long[knobs.size() + 1][];
    build();
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
    return places.getOrDefault(knob, -1);
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
      int choices = knobs.get(knob).size();
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
      int row = node * knobs.get(knob).size();
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
      int choices = knobs.get(knob).size();
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
    int choices = knobs.get(knob).size();
    for (int digit = from; digit < choices; digit++) {
      if (children[knob][node * choices + digit] >= 0) {
        return digit;
      }
    }
    return -1;
  }

  private void build() {
    List<List<Integer>> live = liveKnobs();
    List<int[]> nodes = new ArrayList<>();
    nodes.add(new int[knobs.size()]);
    for (int knob = knobs.size() - 1; knob >= 0; knob--) {
      List<Constraint> decided = decidedAt(knob);
      int choices = knobs.get(knob).size();
      int[] row = new int[nodes.size() * choices];
      Map<String, Integer> states = new HashMap<>();
      List<int[]> next = new ArrayList<>();
      for (int node = 0; node < nodes.size(); node++) {
        int[] digits = nodes.get(node).clone();
        for (int digit = 0; digit < choices; digit++) {
          digits[knob] = digit;
          row[node * choices + digit] =
              allow(decided, digits) ? state(live.get(knob), digits, states, next) : -1;
        }
      }
      children[knob] = row;
      nodes = next;
    }
    count(nodes.size());
  }

  /** Counts from the leaves up, and cuts off choices below which there is no member. */
  private void count(int leaves) {
    counts[0] = new long[leaves];
    Arrays.fill(counts[0], 1);
    for (int knob = 0; knob < knobs.size(); knob++) {
      int choices = knobs.get(knob).size();
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

  private boolean allow(List<Constraint> decided, int[] digits) {
    KnobValues values = values(digits);
    for (Constraint constraint : decided) {
      if (!constraint.holds().test(values)) {
        return false;
      }
    }
    return true;
  }

  private static int state(
      List<Integer> live, int[] digits, Map<String, Integer> states, List<int[]> next) {
    StringBuilder key = new StringBuilder();
    for (int knob : live) {
      key.append((char) digits[knob]);
    }
    Integer known = states.get(key.toString());
    if (known != null) {
      return known;
    }
    states.put(key.toString(), next.size());
    next.add(digits.clone());
    return next.size() - 1;
  }

  /** Returns the constraints whose first knob, the last to be decided, is {@code knob}. */
  private List<Constraint> decidedAt(int knob) {
    return constraints.stream().filter(rule -> firstKnob(rule) == knob).toList();
  }

  private int firstKnob(Constraint rule) {
    return rule.knobs().stream().mapToInt(places::get).min().orElseThrow();
  }

  /** Returns for each knob those from it on that constraints on earlier knobs still read. */
  private List<List<Integer>> liveKnobs() {
    List<List<Integer>> live = new ArrayList<>();
    for (int knob = 0; knob < knobs.size(); knob++) {
      Set<Integer> read = new HashSet<>();
      for (Constraint rule : constraints) {
        if (firstKnob(rule) < knob) {
          rule.knobs().stream().map(places::get).forEach(read::add);
        }
      }
      int from = knob;
      live.add(read.stream().filter(place -> place >= from).sorted().toList());
    }
    return live;
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
        node = children[knob][node * knobs.get(knob).size() + digits[knob]];
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
          descend(knob, children[knob][path[knob] * knobs.get(knob).size() + next]);
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
        node = children[knob][node * knobs.get(knob).size() + digits[knob]];
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
        barren[knob] = new int[children[knob].length / knobs.get(knob).size()];
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
      int row = node * knobs.get(knob).size();
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
      int row = node * knobs.get(knob).size();
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
      return knobs.get(place).number(digits[place]);
    }

    @Override
    public String text(String knob) {
      int place = require(knob);
      return knobs.get(place).text(digits[place]);
    }

    private int require(String knob) {
      int place = place(knob);
      if (place < 0) {
        throw new IllegalArgumentException(
            "Cannot read knob " + knob + " of " + template + ": knobs are " + places.keySet());
      }
      return place;
    }
  }
}
