package dev.coracle.cli.flags;

import dev.coracle.apiserver.filter.RequestLimits;
import dev.coracle.cluster.options.ApiServerOptions;
import java.time.Duration;
import picocli.CommandLine.Option;

/** kube-apiserver's options of how much is served at a time, for how long, and of Events. */
public final class RequestOptions {

  @Option(
      names = "--max-requests-inflight",
      paramLabel = "NUMBER",
      description = "Reading requests at a time; more get 429 (default: ${DEFAULT-VALUE}).")
  private int reading = RequestLimits.USUAL.reading();

  @Option(
      names = "--max-mutating-requests-inflight",
      paramLabel = "NUMBER",
      description = "Changing requests at a time; more get 429 (default: ${DEFAULT-VALUE}).")
  private int mutating = RequestLimits.USUAL.mutating();

  @Option(
      names = "--request-timeout",
      paramLabel = "DURATION",
      converter = GoDuration.class,
      description = "How long a request may take that is not long-running (default: 1m0s).")
  private Duration timeout = RequestLimits.USUAL.timeout();

  @Option(
      names = "--event-ttl",
      paramLabel = "DURATION",
      converter = GoDuration.class,
      description = "How long Events are kept (default: 1h0m0s).")
  private Duration eventTtl = ApiServerOptions.DEFAULTS.eventTtl();

  public Duration eventTtl() {
    return eventTtl;
  }

  /**
   * @throws IllegalArgumentException naming the option that is out of range
   */
  public RequestLimits limits() {
    return new RequestLimits(reading, mutating, timeout);
  }
}
