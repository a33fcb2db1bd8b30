package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.oneshottuner.workload.Workload;

/**
 * Operators that a command was given, each once.
 *
 * @param entries in the order in which they were first named
 */
public record WorkloadList(List<Entry> entries) {
  /** Nothing. */
  public static final WorkloadList EMPTY = new WorkloadList(List.of());

  private static final String FORM = "WORKLOAD or network<TAB>count<TAB>WORKLOAD";
  private static final long MAX_BYTES = 1 << 24;

  /**
   * An operator.
   *
   * @param workload what it computes
   * @param uses of it by networks, as far as they were named
   */
  public record Entry(Workload workload, List<Use> uses) {
    /** Copies the list. */
    public Entry {
      requireNonNull(workload, "workload");
      uses = List.copyOf(uses);
    }
  }

  /**
   * A network that runs the operator.
   *
   * @param network its name
   * @param count how often one inference runs it
   */
  public record Use(String network, int count) {
    /** Checks that the network is named. */
    public Use {
      requireNonNull(network, "network");
    }
  }

  /** Copies the list. */
  public WorkloadList {
    entries = List.copyOf(entries);
  }

  /**
   * Reads workload texts.
   *
   * @throws IllegalArgumentException if one is malformed or impossible, or a shell has cut it
   */
  public static WorkloadList of(List<String> texts) {
    mustBeQuoted(texts);
    return merged(texts.stream().map(text -> new Entry(Workload.parse(text), List.of())).toList());
  }

  /**
   * Checks that no shell has cut a workload text into its words.
   *
   * @param texts the arguments of a command
   * @throws IllegalArgumentException if one is a lone {@code name=value} among others
   */
  public static void mustBeQuoted(List<String> texts) {
    if (texts.size() > 1 && texts.stream().anyMatch(text -> text.matches("\\w+=\\S*"))) {
      throw new IllegalArgumentException(
          "Cannot read workload from "
              + texts.size()
              + " arguments: it is one, in quotes: '"
              + String.join(" ", texts)
              + "'");
    }
  }

  /**
   * Reads a file of workload texts, one a line; blank lines and lines that begin with {@code #} say
   * nothing, and {@code network<TAB>count<TAB>} may stand before a text.
   *
   * @throws IllegalArgumentException if a line is of another form, malformed or impossible, or no
   *     line holds an operator; the message names file and line
   * @throws UncheckedIOException if the file cannot be read
   */
  public static WorkloadList read(Path file) {
    List<Entry> entries = new ArrayList<>();
    List<String> lines = lines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank() && !line.strip().startsWith("#")) {
        try {
          entries.add(entry(line));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(
              "Cannot read " + file + ":" + (i + 1) + ": " + e.getMessage(), e);
        }
      }
    }
    if (entries.isEmpty()) {
      throw new IllegalArgumentException("Cannot read " + file + ": it lists no operator");
    }
    return merged(entries);
  }

  /** Returns these and others, each once. */
  public WorkloadList and(WorkloadList others) {
    List<Entry> all = new ArrayList<>(entries);
    all.addAll(others.entries);
    return merged(all);
  }

  private static List<String> lines(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw new IllegalArgumentException(
            "Cannot read " + file + ": it is a folder, expected a file of operators");
      }
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new IllegalArgumentException(
            "Cannot read " + file + ": it has " + size + " bytes, most is " + MAX_BYTES);
      }
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("Cannot read " + file + ": there is no such file", e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("Cannot read " + file + ": it is not UTF-8 text", e);
    } catch (AccessDeniedException e) {
      throw new IllegalArgumentException("Cannot read " + file + ": permission denied", e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + ": " + e, e);
    }
  }

  private static Entry entry(String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length == 1) {
      return new Entry(Workload.parse(line), List.of());
    }
    if (fields.length != 3 || fields[0].isBlank()) {
      throw new IllegalArgumentException("found " + fields.length + " fields, expected " + FORM);
    }
    if (!fields[1].matches("[1-9][0-9]{0,5}")) {
      throw new IllegalArgumentException(
          "count is '" + fields[1] + "', expected a whole number from 1 to 999999");
    }
    Use use = new Use(fields[0].strip(), Integer.parseInt(fields[1]));
    return new Entry(Workload.parse(fields[2]), List.of(use));
  }

  private static WorkloadList merged(List<Entry> entries) {
    Map<Workload, List<Use>> uses = new LinkedHashMap<>();
    for (Entry entry : entries) {
      uses.computeIfAbsent(entry.workload(), workload -> new ArrayList<>()).addAll(entry.uses());
    }
    List<Entry> merged = new ArrayList<>();
    uses.forEach((workload, named) -> merged.add(new Entry(workload, named)));
    return new WorkloadList(merged);
  }
}
