package org.oneshottuner.lower;

import java.util.Locale;
import java.util.SortedSet;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The C types and small functions that printed kernels use; only those that a kernel needs, each
 * guarded.
 */
final class Prelude {
  /** Rows of a block up to which transposing it is shorter than a call. */
  private static final int INLINED_TRANSPOSE = 4;

  private Prelude() {}

  /** Returns the C name of a function of some lanes, such as {@code exp_v16}. */
  static String function(String function, int lanes) {
    return function.toLowerCase(Locale.ROOT) + "_v" + lanes;
  }

  /**
   * Returns the declarations.
   *
   * @param lanes vector lengths used
   * @param functions names of functions used
   */
  static String text(SortedSet<Integer> lanes, SortedSet<String> functions) {
    StringBuilder text = new StringBuilder();
    for (int count : lanes) {
      if (count > 1) {
        text.append(guarded("VECTOR" + count, vector(count)));
      }
    }
    for (String function : functions) {
      int at = function.indexOf("_v");
      if (at < 0) {
        text.append(guarded(function.toUpperCase(Locale.ROOT), plain(function)));
        continue;
      }
      String name = function.substring(0, at);
      int count = Integer.parseInt(function.substring(at + 2));
      if (name.equals("erf") || name.equals("exp")) {
        for (String needed : new String[] {"least", "greatest"}) {
          text.append(
              guarded(function(needed, count).toUpperCase(Locale.ROOT), lanewise(needed, count)));
        }
      }
      if (name.equals("transpose")) {
        text.append(guarded("SHUFFLE_V" + count, shuffle(count)));
      }
      text.append(guarded(function.toUpperCase(Locale.ROOT), lanewise(name, count)));
    }
    return text.toString();
  }

  private static String guarded(String name, String text) {
    return "#ifndef ONESHOT_" + name + "\n#define ONESHOT_" + name + "\n" + text + "#endif\n";
  }

  private static String vector(int count) {
    int bytes = count * Float.BYTES;
    String copies = IntStream.range(0, count).mapToObj(i -> "x").collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        """
        typedef float v%1$d __attribute__((vector_size(%2$d)));
        typedef int v%1$di __attribute__((vector_size(%2$d)));
        typedef float v%1$du __attribute__((vector_size(%2$d), aligned(4), may_alias));
        static inline __attribute__((always_inline, unused)) v%1$d splat%1$d(float x) {
          return (v%1$d){%3$s};
        }
        """,
        count,
        bytes,
        copies);
  }

  private static String plain(String name) {
    return switch (name) {
      case "least" ->
          """
          static inline __attribute__((unused)) long least(long a, long b) { return a < b ? a : b; }
          """;
      case "greatest" ->
          """
          static inline __attribute__((unused)) long greatest(long a, long b) { return a > b ? a : b; }
          """;
      case "copy" ->
          """
          static inline __attribute__((unused)) void copy(float *to, const float *from, long count) {
            if (count > 0) __builtin_memcpy(to, from, sizeof(float) * (unsigned long)count);
          }
          """;
      case "clear" ->
          """
          static inline __attribute__((unused)) void clear(float *to, long count) {
            if (count > 0) __builtin_memset(to, 0, sizeof(float) * (unsigned long)count);
          }
          """;
      case "reload" ->
          """
          #define reload() __asm__ volatile("" : : : "memory")
          """;
      case "keep" ->
          """
          #if defined(__AVX512VL__)
          #define keep(vector) __asm__ volatile("" : "+v"(vector))
          #elif defined(__SSE2__)
          #define keep(vector) __asm__ volatile("" : "+x"(vector))
          #elif defined(__aarch64__)
          #define keep(vector) __asm__ volatile("" : "+w"(vector))
          #else
          #define keep(vector) (void)(vector)
          #endif
          """;
      default -> throw new AssertionError(name);
    };
  }

  private static String lanewise(String name, int count) {
    String head = "static inline __attribute__((always_inline, unused)) ";
    String type = count == 1 ? "float" : "v" + count;
    String splat = count == 1 ? "" : "splat" + count;
    return switch (name) {
      case "least", "greatest" -> {
        String compare = name.equals("least") ? "<" : ">";
        yield count == 1
            ? head
                + String.format(
                    Locale.ROOT,
                    "float %s_v1(float a, float b) { return a %s b ? a : b; }\n",
                    name,
                    compare)
            : head
                + String.format(
                    Locale.ROOT, "%1$s %2$s_v%3$d(%1$s a, %1$s b) {\n", type, name, count)
                + String.format(Locale.ROOT, "  v%di m = a %s b;\n", count, compare)
                + String.format(
                    Locale.ROOT,
                    "  return (%1$s)(((v%2$di)a & m) | ((v%2$di)b & ~m));\n}\n",
                    type,
                    count);
      }
      case "transpose" ->
          (count > INLINED_TRANSPOSE ? "static __attribute__((noinline, unused)) " : head)
              + transpose(type, count);
      case "every_other" -> head + everyOther(type, count);
      case "shift" -> shift(type, count);
      // not inlined: an epilogue calls them for every register of a tile, and compile time would
      // grow with it
      case "exp" -> "static __attribute__((noinline, unused)) " + exp(type, splat, count);
      case "erf" -> "static __attribute__((noinline, unused)) " + erf(type, splat, count);
      default -> throw new AssertionError(name);
    };
  }

  /** Lanes picked from a vector, those from its number of lanes on being zero. */
  private static String shift(String type, int count) {
    return String.format(
        Locale.ROOT,
        """
        #if defined(__clang__)
        #define shift_v%2$d(x, ...) __builtin_shufflevector((%1$s)(x), (%1$s){0}, __VA_ARGS__)
        #else
        #define shift_v%2$d(x, ...) __builtin_shuffle((%1$s)(x), (%1$s){0}, (v%2$di){__VA_ARGS__})
        #endif
        """,
        type,
        count);
  }

  /**
   * Elements 0, 2, 4 and so on: two vectors are loaded, of which the second ends at the last
   * element wanted, and the lanes are picked from both.
   */
  private static String everyOther(String type, int count) {
    String picked =
        IntStream.range(0, count)
            .mapToObj(i -> Integer.toString(2 * i < count ? 2 * i : 2 * i + 1))
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        """
        %1$s every_other_v%2$d(const float *from) {
          const %1$s a = *(const v%2$du *)from, b = *(const v%2$du *)(from + %3$d);
        #if defined(__clang__)
          return __builtin_shufflevector(a, b, %4$s);
        #else
          return __builtin_shuffle(a, b, (v%2$di){%4$s});
        #endif
        }
        """,
        type,
        count,
        count - 1,
        picked);
  }

  /**
   * Transposes a block of rows: at each step, squares of ever doubled size change places beside the
   * diagonal.
   */
  private static String transpose(String type, int count) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "void transpose_v%d(float *to, long to_stride, const float *from, long from_stride) {\n",
            count));
    for (int row = 0; row < count; row++) {
      text.append(
          String.format(
              Locale.ROOT,
              "  %s r0_%d = *(const %su *)(from + %d * from_stride);\n",
              type,
              row,
              type,
              row));
    }
    int step = 0;
    for (int size = 1; size < count; size *= 2) {
      text.append(exchange(type, count, size, step));
      step++;
    }
    for (int row = 0; row < count; row++) {
      text.append(
          String.format(
              Locale.ROOT, "  *(%su *)(to + %d * to_stride) = r%d_%d;\n", type, row, step, row));
    }
    return text.append("}\n").toString();
  }

  /** Exchanges squares of some size between pairs of rows. */
  private static String exchange(String type, int count, int size, int step) {
    StringBuilder text = new StringBuilder();
    String upper = picked(count, j -> (j & size) == 0 ? j : count + j - size);
    String lower = picked(count, j -> (j & size) == 0 ? j + size : count + j);
    for (int row = 0; row < count; row++) {
      boolean above = (row & size) == 0;
      text.append(
          String.format(
              Locale.ROOT,
              "  %s r%d_%d = shuffle_v%d(r%d_%d, r%d_%d, %s);\n",
              type,
              step + 1,
              row,
              count,
              step,
              above ? row : row - size,
              step,
              above ? row + size : row,
              above ? upper : lower));
    }
    return text.toString();
  }

  private static String picked(int count, IntUnaryOperator lane) {
    return IntStream.range(0, count)
        .map(lane)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", "));
  }

  /** A vector made of lanes of two others. */
  private static String shuffle(int count) {
    return String.format(
        Locale.ROOT,
        """
        #if defined(__clang__)
        #define shuffle_v%1$d(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
        #else
        #define shuffle_v%1$d(a, b, ...) __builtin_shuffle(a, b, (v%1$di){__VA_ARGS__})
        #endif
        """,
        count);
  }

  /**
   * The exponential: x = n ln 2 + r, a polynomial for e^r, and 2^n through the exponent's bits. The
   * coefficients are those of the Cephes library's expf.
   */
  private static String exp(String type, String splat, int count) {
    String power =
        count == 1
            ? "  union { int i; float f; } p = {((int)n + 127) << 23};\n  return y * p.f;\n}\n"
            : String.format(
                Locale.ROOT,
                "  return y * (%1$s)((__builtin_convertvector(n, v%2$di) + 127) << 23);\n}\n",
                type,
                count);
    return String.format(
            Locale.ROOT,
            """
        %1$s exp_v%3$d(%1$s x) {
          x = least_v%3$d(greatest_v%3$d(x, %2$s(-87.33654f)), %2$s(88.02969f));
          %1$s n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
          %1$s r = x - n * 0.693359375f;
          r = r - n * -2.12194440e-4f;
          %1$s y = r * 1.9875691500e-4f + 1.3981999507e-3f;
          y = y * r + 8.3334519073e-3f;
          y = y * r + 4.1665795894e-2f;
          y = y * r + 1.6666665459e-1f;
          y = y * r + 5.0000001201e-1f;
          y = y * r * r + r + 1.0f;
        """,
            type,
            splat,
            count)
        + power;
  }

  /**
   * The error function: the rational approximation of Eigen's {@code generic_fast_erf_float}, on
   * [-4, 4].
   */
  private static String erf(String type, String splat, int count) {
    return String.format(
        Locale.ROOT,
        """
        %1$s erf_v%3$d(%1$s x) {
          x = least_v%3$d(greatest_v%3$d(x, %2$s(-4.0f)), %2$s(4.0f));
          %1$s s = x * x;
          %1$s p = s * -2.72614225801306e-10f + 2.77068142495902e-08f;
          p = p * s + -2.10102402082508e-06f;
          p = p * s + -5.69250639462346e-05f;
          p = p * s + -7.34990630326855e-04f;
          p = p * s + -2.95459980854025e-03f;
          p = p * s + -1.60960333262415e-02f;
          %1$s q = s * -1.45660718464996e-05f + -2.13374055278905e-04f;
          q = q * s + -1.68282697438203e-03f;
          q = q * s + -7.37332916720468e-03f;
          q = q * s + -1.42647390514189e-02f;
          return x * p / q;
        }
        """,
        type,
        splat,
        count);
  }
}
