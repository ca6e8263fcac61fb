package dev.coracle.cli.flags;

import dev.coracle.apiserver.audit.AuditConfig;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** kube-apiserver's {@code --audit-*} options. */
public final class AuditOptions {

  @Option(
      names = "--audit-policy-file",
      paramLabel = "FILE",
      description = "What to record of which requests: an audit.k8s.io/v1 Policy.")
  private @Nullable Path policyFile;

  @Option(
      names = "--audit-log-path",
      paramLabel = "FILE",
      description = "Records requests in this file; - for standard output.")
  private String logPath = "";

  @Option(names = "--audit-log-maxage", paramLabel = "DAYS", hidden = true)
  private int logMaxAge;

  @Option(names = "--audit-log-maxbackup", paramLabel = "N", hidden = true)
  private int logMaxBackup;

  @Option(names = "--audit-log-maxsize", paramLabel = "MB", hidden = true)
  private int logMaxSize;

  @Option(names = "--audit-log-compress", arity = "0..1", hidden = true)
  private boolean logCompress;

  @Option(names = "--audit-log-format", paramLabel = "json|legacy", hidden = true)
  private String logFormat = "json";

  @Option(names = "--audit-log-version", hidden = true)
  private String logVersion = "audit.k8s.io/v1";

  @Option(names = "--audit-log-mode", paramLabel = "blocking|batch|blocking-strict", hidden = true)
  private String logMode = "blocking";

  @Option(names = "--audit-log-batch-buffer-size", hidden = true)
  private int logBufferSize = 10_000;

  @Option(names = "--audit-log-batch-max-size", hidden = true)
  private int logBatchSize = 1;

  @Option(names = "--audit-log-batch-max-wait", converter = GoDuration.class, hidden = true)
  private Duration logBatchWait = Duration.ZERO;

  @Option(names = "--audit-log-batch-throttle-enable", arity = "0..1", hidden = true)
  private boolean logThrottle;

  @Option(names = "--audit-log-batch-throttle-qps", hidden = true)
  private double logThrottleQps;

  @Option(names = "--audit-log-batch-throttle-burst", hidden = true)
  private int logThrottleBurst;

  @Option(names = "--audit-log-truncate-enabled", arity = "0..1", hidden = true)
  private boolean logTruncate;

  @Option(names = "--audit-log-truncate-max-batch-size", hidden = true)
  private long logMostBatch = 10 * 1024 * 1024;

  @Option(names = "--audit-log-truncate-max-event-size", hidden = true)
  private long logMostEvent = 100 * 1024;

  @Option(
      names = "--audit-webhook-config-file",
      paramLabel = "FILE",
      description = "Sends records to the server that this kubeconfig names.")
  private @Nullable Path webhookConfig;

  @Option(names = "--audit-webhook-initial-backoff", converter = GoDuration.class, hidden = true)
  private Duration webhookBackoff = Duration.ofSeconds(10);

  @Option(names = "--audit-webhook-version", hidden = true)
  private String webhookVersion = "audit.k8s.io/v1";

  @Option(
      names = "--audit-webhook-mode",
      paramLabel = "batch|blocking|blocking-strict",
      hidden = true)
  private String webhookMode = "batch";

  @Option(names = "--audit-webhook-batch-buffer-size", hidden = true)
  private int webhookBufferSize = 10_000;

  @Option(names = "--audit-webhook-batch-max-size", hidden = true)
  private int webhookBatchSize = 400;

  @Option(names = "--audit-webhook-batch-max-wait", converter = GoDuration.class, hidden = true)
  private Duration webhookBatchWait = Duration.ofSeconds(30);

  @Option(
      names = "--audit-webhook-batch-throttle-enable",
      arity = "0..1",
      defaultValue = "true",
      fallbackValue = "true",
      hidden = true)
  private boolean webhookThrottle;

  @Option(names = "--audit-webhook-batch-throttle-qps", hidden = true)
  private double webhookThrottleQps = 10;

  @Option(names = "--audit-webhook-batch-throttle-burst", hidden = true)
  private int webhookThrottleBurst = 15;

  @Option(names = "--audit-webhook-truncate-enabled", arity = "0..1", hidden = true)
  private boolean webhookTruncate;

  @Option(names = "--audit-webhook-truncate-max-batch-size", hidden = true)
  private long webhookMostBatch = 10 * 1024 * 1024;

  @Option(names = "--audit-webhook-truncate-max-event-size", hidden = true)
  private long webhookMostEvent = 100 * 1024;

  /**
   * @throws IllegalArgumentException in kube-apiserver's words
   */
  public AuditConfig config() {
    if (!logFormat.equals("json") && !logFormat.equals("legacy")) {
      throw new IllegalArgumentException(
          "invalid audit log format " + logFormat + ", allowed formats are \"legacy,json\"");
    }
    for (String version : new String[] {logVersion, webhookVersion}) {
      if (!version.equals("audit.k8s.io/v1")) {
        throw new IllegalArgumentException(
            "invalid group version, allowed versions are [\"audit.k8s.io/v1\"]");
      }
    }
    AuditConfig config = new AuditConfig(policyFile, log(), webhook());
    if (!config.errors().isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", config.errors()));
    }
    return config;
  }

  private AuditConfig.@Nullable Log log() {
    AuditConfig.Mode mode = mode("log", logMode);
    if (logPath.isEmpty()) {
      return null;
    }
    return new AuditConfig.Log(
        logPath,
        logMaxAge,
        logMaxBackup,
        logMaxSize,
        logCompress,
        logFormat.equals("legacy"),
        mode,
        new AuditConfig.Batch(
            logBufferSize,
            logBatchSize,
            logBatchWait,
            logThrottle ? throttle("log", logThrottleQps) : 0,
            logThrottleBurst),
        logTruncate
            ? new AuditConfig.Truncate(logMostBatch, logMostEvent)
            : AuditConfig.Truncate.OFF);
  }

  private AuditConfig.@Nullable Webhook webhook() {
    AuditConfig.Mode mode = mode("webhook", webhookMode);
    if (webhookConfig == null) {
      return null;
    }
    return new AuditConfig.Webhook(
        webhookConfig,
        webhookBackoff,
        mode,
        new AuditConfig.Batch(
            webhookBufferSize,
            webhookBatchSize,
            webhookBatchWait,
            webhookThrottle ? throttle("webhook", webhookThrottleQps) : 0,
            webhookThrottleBurst),
        webhookTruncate
            ? new AuditConfig.Truncate(webhookMostBatch, webhookMostEvent)
            : AuditConfig.Truncate.OFF);
  }

  private static double throttle(String plugin, double qps) {
    if (qps <= 0) {
      throw new IllegalArgumentException(
          "invalid audit batch " + plugin + " throttle QPS " + qps + ", must be a positive number");
    }
    return qps;
  }

  private static AuditConfig.Mode mode(String plugin, String text) {
    AuditConfig.Mode mode = AuditConfig.Mode.of(text);
    if (mode == null) {
      throw new IllegalArgumentException(
          "invalid audit "
              + plugin
              + " mode "
              + text
              + ", allowed modes are \"batch,blocking,blocking-strict\"");
    }
    return mode;
  }
}
