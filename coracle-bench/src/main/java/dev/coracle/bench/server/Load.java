package dev.coracle.bench.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A load of equal requests over HTTP/2, by h2load. */
final class Load {

  private static final Pattern RATE = Pattern.compile("finished in [^,]+, ([0-9.]+) req/s");
  private static final Pattern CODES = Pattern.compile("status codes: ([0-9]+) 2xx");

  private Load() {}

  /**
   * The best of several runs, requests a second. The first ones also warm the server up.
   *
   * @param arguments further arguments of h2load (headers, body)
   * @throws IOException when any request fails
   */
  static double rate(
      Target target,
      int runs,
      int requests,
      int connections,
      int streams,
      String path,
      String... arguments)
      throws IOException, InterruptedException {
    double best = 0;
    for (int run = 0; run < runs; run++) {
      List<String> command = new ArrayList<>();
      command.addAll(
          List.of(
              "h2load",
              "-n",
              String.valueOf(requests),
              "-c",
              String.valueOf(connections),
              "-m",
              String.valueOf(streams),
              "-H",
              "authorization: Bearer " + target.token()));
      command.addAll(List.of(arguments));
      command.add(target.url() + path);
      String output = Shell.run(Map.of(), command);
      Matcher rate = RATE.matcher(output);
      Matcher codes = CODES.matcher(output);
      if (!rate.find() || !codes.find() || Integer.parseInt(codes.group(1)) != requests) {
        throw new IOException("not every request of " + path + " succeeded:\n" + output);
      }
      best = Math.max(best, Double.parseDouble(rate.group(1)));
    }
    return best;
  }
}
