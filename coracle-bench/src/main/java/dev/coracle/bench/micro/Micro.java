package dev.coracle.bench.micro;

import dev.coracle.bench.store.StoreBenchmark;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the JMH benches. */
public final class Micro {

  private Micro() {}

  /**
   * A line of the table.
   *
   * @param name the benchmark's and its parameters
   * @param figure with its unit
   */
  public record Line(String name, String figure) {}

  public static List<Line> run() throws RunnerException {
    System.out.println("JMH: nineteen benchmarks, about two minutes");
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(RegistryBenchmark.class.getSimpleName())
                    .include(StoreBenchmark.class.getSimpleName())
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    List<Line> lines = new ArrayList<>();
    for (RunResult result : results) {
      String name = result.getParams().getBenchmark().replaceAll(".*\\.(\\w+\\.\\w+)$", "$1");
      List<String> parameters = new ArrayList<>();
      for (String key : result.getParams().getParamsKeys()) {
        parameters.add(key + " " + result.getParams().getParam(key));
      }
      lines.add(
          new Line(
              parameters.isEmpty() ? name : name + " (" + String.join(", ", parameters) + ")",
              String.format(
                  Locale.ROOT,
                  "%,.2f %s",
                  result.getPrimaryResult().getScore(),
                  result.getPrimaryResult().getScoreUnit())));
    }
    return lines;
  }
}
