package org.oneshottuner.jobs;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a class of the tests in a JVM of its own. */
public final class Processes {
  /** How a process ended, and what it wrote. */
  public record Ended(int code, String output) {}

  private Processes() {}

  /** Runs a class to its end. */
  public static Ended java(Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("process", ".txt");
    Process process =
        start(main, arguments).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    if (!process.waitFor(3, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new IOException("Cannot wait longer for " + main + ": " + Files.readString(output));
    }
    String text = Files.readString(output, StandardCharsets.UTF_8);
    Files.delete(output);
    return new Ended(process.exitValue(), text);
  }

  /** Returns a process that is ready to start, with this JVM's class path and options. */
  public static ProcessBuilder start(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (!option.startsWith("-javaagent") && !option.startsWith("-Xmx")) {
        command.add(option);
      }
    }
    command.addAll(List.of("-Xmx1g", "-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }
}
