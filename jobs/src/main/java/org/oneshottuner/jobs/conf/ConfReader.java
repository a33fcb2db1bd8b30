package org.oneshottuner.jobs.conf;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads a conf file into a record: a key for each component, a block for each component that is a
 * record itself. What a file leaves out keeps its default; what no record knows is refused.
 *
 * <p>Durations are written {@code 30s} or {@code 5m}, counts of bytes {@code 48KiB}, constants of
 * an enum in lower case.
 */
public final class ConfReader {
  private ConfReader() {}

  /**
   * Reads a file, then the overrides.
   *
   * @param defaults what holds where nothing else is said
   * @param file empty for none
   * @param overrides texts {@code key=value}, later ones first in force
   * @throws IllegalArgumentException if the file cannot be parsed, a key is unknown or a value is
   *     not of its kind or out of bounds; the message names the key, the value, the bound and the
   *     line
   */
  public static <S extends Record> S read(S defaults, List<Path> file, List<String> overrides) {
    Config config = ConfigFactory.empty();
    for (Path path : file) {
      config = parse(path);
    }
    for (String override : overrides) {
      config = override(override).withFallback(config);
    }
    refuseUnknown(defaults, config);
    return bind(defaults, config, "");
  }

  /** Returns every setting in force, by key. */
  public static SortedMap<String, String> inForce(Record settings) {
    SortedMap<String, String> all = new TreeMap<>();
    collect(settings, "", all);
    return all;
  }

  private static Config parse(Path path) {
    if (Files.isDirectory(path)) {
      throw new IllegalArgumentException(
          "Cannot read conf file " + path + ": it is a folder, expected a file");
    }
    if (!Files.isReadable(path)) {
      throw new IllegalArgumentException(
          "Cannot read conf file "
              + path
              + (Files.exists(path) ? ": permission denied" : ": it is not there"));
    }
    try {
      return ConfigFactory.parseFile(
              path.toFile(),
              ConfigParseOptions.defaults()
                  .setOriginDescription(path.toString())
                  .setAllowMissing(false)) // else what cannot be read is taken for an empty file
          .resolve();
    } catch (ConfigException.IO e) {
      // its own message names the class of its cause
      String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw new IllegalArgumentException("Cannot read conf file " + path + ": " + reason, e);
    } catch (ConfigException e) {
      throw new IllegalArgumentException("Cannot read conf file " + e.getMessage(), e);
    }
  }

  private static Config override(String text) {
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw new IllegalArgumentException("Cannot set '" + text + "': expected key=value");
    }
    try {
      return ConfigFactory.parseString(
          text, ConfigParseOptions.defaults().setOriginDescription("--set " + text));
    } catch (ConfigException e) {
      throw new IllegalArgumentException("Cannot set '" + text + "': " + e.getMessage(), e);
    }
  }

  private static void refuseUnknown(Record defaults, Config config) {
    SortedMap<String, String> known = inForce(defaults);
    List<String> unknown = new ArrayList<>();
    addUnknown(unknown, known.keySet(), config.root(), "");
    if (!unknown.isEmpty()) {
      unknown.sort(null);
      throw new IllegalArgumentException(
          "Cannot use unknown keys "
              + String.join(", ", unknown)
              + "; known are "
              + known.keySet());
    }
  }

  /**
   * Goes through all that is written, nulls and empty blocks too, which the library passes over.
   */
  private static void addUnknown(
      List<String> unknown, Set<String> known, ConfigObject block, String prefix) {
    for (Map.Entry<String, ConfigValue> entry : block.entrySet()) {
      String key = prefix + ConfigUtil.joinPath(entry.getKey()); // quoted, where it holds a dot
      ConfigValue value = entry.getValue();
      boolean isBlock = known.stream().anyMatch(one -> one.startsWith(key + "."));
      if (isBlock && value instanceof ConfigObject inner) {
        addUnknown(unknown, known, inner, key + ".");
      } else if (!known.contains(key)) {
        unknown.add(key + " (" + place(value.origin()) + ")");
      } else if (value.valueType() == ConfigValueType.NULL) {
        throw new IllegalArgumentException(
            "Cannot set " + key + " to null: expected a value (" + place(value.origin()) + ")");
      }
    }
  }

  private static <S extends Record> S bind(S defaults, Config config, String prefix) {
    RecordComponent[] components = defaults.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    Map<String, String> places = new LinkedHashMap<>();
    for (int i = 0; i < components.length; i++) {
      String key = prefix + components[i].getName();
      Object otherwise = value(defaults, components[i]);
      if (otherwise instanceof Record record) {
        values[i] = bind(record, config, key + ".");
      } else if (config.hasPath(key)) {
        values[i] = convert(key, otherwise, config);
        places.put(key, place(config.getValue(key).origin()));
      } else {
        values[i] = otherwise;
      }
    }
    try {
      @SuppressWarnings("unchecked") // a record's class makes records of that class
      S bound = (S) constructor(defaults.getClass(), components).newInstance(values);
      return bound;
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String reason = String.valueOf(cause.getMessage());
      throw new IllegalArgumentException(reason + blamed(reason, places), cause);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot make " + defaults.getClass(), e);
    }
  }

  /** Returns the places of the keys that a refusal names; of all keys where it names none. */
  private static String blamed(String reason, Map<String, String> places) {
    List<String> named = new ArrayList<>();
    places.forEach(
        (key, place) -> {
          if (Pattern.compile("(?<![\\w.])" + Pattern.quote(key) + "(?![\\w.])")
              .matcher(reason)
              .find()) {
            named.add(place);
          }
        });
    List<String> blamed = named.isEmpty() ? List.copyOf(places.values()) : named;
    return blamed.isEmpty() ? "" : " (" + String.join(", ", blamed) + ")";
  }

  private static Constructor<?> constructor(Class<?> type, RecordComponent[] components)
      throws NoSuchMethodException {
    Constructor<?> constructor =
        type.getDeclaredConstructor(
            Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
    constructor.setAccessible(true);
    return constructor;
  }

  private static Object convert(String key, Object otherwise, Config config) {
    String expected = "a text";
    try {
      if (otherwise instanceof Integer) {
        expected = "a whole number";
        return Math.toIntExact(whole(key, config));
      } else if (otherwise instanceof Long) {
        expected = key.endsWith("Bytes") ? "a size such as 48KiB" : "a whole number";
        return key.endsWith("Bytes") ? config.getBytes(key) : (Object) whole(key, config);
      } else if (otherwise instanceof Double) {
        expected = "a number";
        return config.getDouble(key);
      } else if (otherwise instanceof Duration) {
        expected = "a duration such as 30s";
        return duration(key, config);
      } else if (otherwise instanceof List<?>) {
        expected = "a list of texts";
        return config.getStringList(key);
      } else if (otherwise instanceof Enum<?> constant) {
        expected = "one of " + names(constant);
        return constant(config.getString(key), constant);
      }
      return config.getString(key);
    } catch (ConfigException | IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "Cannot set "
              + key
              + " to "
              + config.getValue(key).unwrapped()
              + ": expected "
              + expected
              + " ("
              + place(config.getValue(key).origin())
              + ")",
          e);
    }
  }

  private static long whole(String key, Config config) {
    double value = config.getDouble(key);
    if (value != Math.rint(value)) {
      throw new IllegalArgumentException(value + " is not whole");
    }
    return config.getLong(key);
  }

  private static Duration duration(String key, Config config) {
    if (config.getValue(key).valueType() != ConfigValueType.STRING) {
      throw new IllegalArgumentException("no unit");
    }
    String text = config.getString(key);
    if (text.matches("[0-9.\\s]*")) {
      throw new IllegalArgumentException("no unit");
    }
    return config.getDuration(key);
  }

  private static Object constant(String text, Enum<?> otherwise) {
    for (Object constant : otherwise.getDeclaringClass().getEnumConstants()) {
      if (text(constant).equals(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(text);
  }

  private static List<String> names(Enum<?> constant) {
    return Arrays.stream(constant.getDeclaringClass().getEnumConstants())
        .map(ConfReader::text)
        .toList();
  }

  private static void collect(Record settings, String prefix, SortedMap<String, String> all) {
    for (RecordComponent component : settings.getClass().getRecordComponents()) {
      Object value = value(settings, component);
      if (value instanceof Record record) {
        collect(record, prefix + component.getName() + ".", all);
      } else {
        all.put(prefix + component.getName(), text(value));
      }
    }
  }

  private static String text(Object value) {
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    } else if (value instanceof Duration duration) {
      long millis = duration.toMillis();
      return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    } else if (value instanceof List<?> list) {
      return String.join(",", list.stream().map(String::valueOf).toList());
    }
    return String.valueOf(value);
  }

  private static Object value(Record settings, RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(settings);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot read " + component, e);
    }
  }

  private static String place(ConfigOrigin origin) {
    String description = origin.description();
    // an origin's own text is "FILE: LINE"
    int colon = description.lastIndexOf(": ");
    return colon > 0 && description.substring(colon + 2).matches("[0-9]+")
        ? description.startsWith("--set")
            ? description.substring(0, colon)
            : description.substring(0, colon) + ":" + description.substring(colon + 2)
        : description;
  }
}
