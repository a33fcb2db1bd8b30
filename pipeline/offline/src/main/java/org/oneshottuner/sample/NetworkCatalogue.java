package org.oneshottuner.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Workload;

/**
 * The networks whose operators we learn from and are judged on; {@code data/README.md} has the form
 * of its files.
 *
 * @param networks at batch 1 and in plain layout, by name
 */
public record NetworkCatalogue(List<Network> networks) {
  /** Networks that no evaluated model is trained on. */
  public static final List<String> HELD_OUT =
      List.of("resnet-18", "mobilenet-v2", "resnext-50-32x4d", "bert-tiny", "bert-base");

  /** Batches at which networks are used. */
  public static final List<Integer> BATCHES = List.of(1, 8);

  private static final String EXTENSION = ".txt";
  private static final String FORM = "network<TAB>count<TAB>workload";

  /** Copies the list and checks that no name is used twice. */
  public NetworkCatalogue {
    networks = List.copyOf(networks);
    Set<String> names = new HashSet<>();
    for (Network network : networks) {
      if (!names.add(network.name())) {
        throw new IllegalArgumentException("Cannot list network " + network.name() + " twice");
      }
    }
  }

  /**
   * Reads every {@code .txt} file of a directory, in order of name.
   *
   * @throws IllegalArgumentException if there is none, or a line is not of the form; the message
   *     names file and line
   * @throws UncheckedIOException if a file cannot be read
   */
  public static NetworkCatalogue read(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new IllegalArgumentException(
          "Cannot read the network catalogue in "
              + directory
              + (Files.exists(directory) ? ": it is not a folder" : ": there is no such folder"));
    }
    List<Network> networks = new ArrayList<>();
    try (Stream<Path> listed = Files.list(directory)) {
      for (Path file :
          listed.filter(path -> path.toString().endsWith(EXTENSION)).sorted().toList()) {
        networks.add(network(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the network catalogue in " + directory, e);
    }
    if (networks.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot read the network catalogue: no " + EXTENSION + " file in " + directory);
    }
    return new NetworkCatalogue(networks);
  }

  /**
   * Returns the network called {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Network named(String name) {
    return networks.stream()
        .filter(network -> network.name().equals(name))
        .findFirst()
        .orElseThrow(() -> unknown(name));
  }

  /**
   * Returns the networks called {@code names}.
   *
   * @throws IllegalArgumentException if one of them is not listed
   */
  public NetworkCatalogue only(Collection<String> names) {
    return new NetworkCatalogue(names.stream().map(this::named).toList());
  }

  /**
   * Checks that there are networks of these names.
   *
   * @throws IllegalArgumentException if one of them is not listed
   */
  public void mustHave(Collection<String> names) {
    for (String name : names) {
      if (networks.stream().noneMatch(network -> network.name().equals(name))) {
        throw unknown(name);
      }
    }
  }

  /**
   * Returns all networks but those called {@code names}.
   *
   * @throws IllegalArgumentException if one of them is not listed
   */
  public NetworkCatalogue without(Collection<String> names) {
    List<Network> left = only(names).networks();
    return new NetworkCatalogue(
        networks.stream().filter(network -> !left.contains(network)).toList());
  }

  /**
   * Returns the distinct operators of all networks, at every batch of {@link #BATCHES}, in plain
   * layout.
   */
  public List<Workload> workloads() {
    Set<Workload> workloads = new LinkedHashSet<>();
    for (Network network : networks) {
      for (Layer layer : network.layers()) {
        for (int batch : BATCHES) {
          workloads.add(layer.atBatch(batch).workload());
        }
      }
    }
    return List.copyOf(workloads);
  }

  private IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException(
        "Cannot find network '"
            + name
            + "': known are "
            + networks.stream().map(Network::name).toList());
  }

  private static Network network(Path file) throws IOException {
    String fileName = file.getFileName().toString();
    String name = fileName.substring(0, fileName.length() - EXTENSION.length());
    List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    List<Layer> layers = new ArrayList<>();
    Set<Workload> seen = new HashSet<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank() && !line.startsWith("#")) {
        try {
          Layer layer = layer(name, line);
          if (!seen.add(layer.workload())) {
            throw new IllegalArgumentException("the operator is listed before");
          }
          layers.add(layer);
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(
              "Cannot read " + file + ":" + (i + 1) + ": " + e.getMessage(), e);
        }
      }
    }
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("Cannot read " + file + ": it lists no operator");
    }
    return new Network(name, layers);
  }

  private static Layer layer(String network, String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length != 3) {
      throw new IllegalArgumentException("found " + fields.length + " fields, expected " + FORM);
    }
    if (!fields[0].equals(network)) {
      throw new IllegalArgumentException(
          "network is '" + fields[0] + "', the file's is " + network);
    }
    if (!fields[1].matches("[1-9][0-9]{0,5}")) {
      throw new IllegalArgumentException(
          "count is '" + fields[1] + "', expected a whole number from 1 to 999999");
    }
    Workload workload = Workload.parse(fields[2]);
    if (!workload.text().equals(fields[2])) {
      throw new IllegalArgumentException(
          "workload is '" + fields[2] + "', its canonical form is '" + workload.text() + "'");
    }
    if (workload.layout() != Layout.NCHW) {
      throw new IllegalArgumentException(
          "layout is " + workload.layout().text() + ", the catalogue's is nchw");
    }
    return new Layer(workload, Integer.parseInt(fields[1]));
  }
}
