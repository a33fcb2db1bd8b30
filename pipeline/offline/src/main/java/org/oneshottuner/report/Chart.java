package org.oneshottuner.report;

/**
 * The frame of a plot: a box in an SVG of fixed inner size, which the page scales. Small, so that
 * its letters can still be read on a phone.
 */
final class Chart {
  static final double WIDTH = 460;

  private final Markup out;
  private final String id;
  final double left;
  final double top;
  final double right;
  final double bottom;
  private final double width;

  /**
   * Opens a drawing of the usual width.
   *
   * @param id unique on the page
   * @param margin room left of the box
   * @param height of the whole drawing
   */
  Chart(Markup out, String id, double margin, double height) {
    this(out, id, margin, WIDTH, height);
  }

  /**
   * Opens the drawing.
   *
   * @param id unique on the page
   * @param margin room left of the box
   * @param width of the whole drawing
   * @param height of the whole drawing
   */
  Chart(Markup out, String id, double margin, double width, double height) {
    this.out = out;
    this.id = id;
    this.width = width;
    this.left = margin;
    this.top = 14;
    this.right = width - 22;
    this.bottom = height - 46;
  }

  /** Opens the SVG with a name and a description for those who cannot see it. */
  void open(String title, String description) {
    out.line()
        .open(
            "svg",
            "viewBox",
            "0 0 " + Math.round(width) + " " + Math.round(bottom + 46),
            "role",
            "img",
            "aria-labelledby",
            id + "-title " + id + "-desc")
        .element("title", title, "id", id + "-title")
        .element("desc", description, "id", id + "-desc");
  }

  void close() {
    out.close().line();
  }

  /** Draws a vertical grid line with its label below. */
  void tickX(double x, String label) {
    out.empty("line", "class", "grid", "x1", x, "x2", x, "y1", top, "y2", bottom)
        .element("text", label, "x", x, "y", bottom + 17, "text-anchor", "middle");
  }

  /** Draws a horizontal grid line with its label to the left. */
  void tickY(double y, String label) {
    out.empty("line", "class", "grid", "x1", left, "x2", right, "y1", y, "y2", y)
        .element("text", label, "x", left - 7, "y", y + 4, "text-anchor", "end");
  }

  void nameX(String name) {
    out.element(
        "text",
        name,
        "class",
        "axis",
        "x",
        (left + right) / 2,
        "y",
        bottom + 38,
        "text-anchor",
        "middle");
  }

  void nameY(String name) {
    double middle = (top + bottom) / 2;
    out.element(
        "text",
        name,
        "class",
        "axis",
        "transform",
        "translate(13 " + Math.round(middle) + ") rotate(-90)",
        "text-anchor",
        "middle");
  }

  double x(double share) {
    return left + share * (right - left);
  }

  double y(double share) {
    return bottom - share * (bottom - top);
  }
}
