package dev.coracle.apiserver.audit;

import dev.coracle.metrics.Metrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts auditing together as the options say. */
public final class Auditing {

  private static final Logger LOG = LoggerFactory.getLogger(Auditing.class);

  private Auditing() {}

  /**
   * Reads the policy and opens the backends.
   *
   * @return null when nothing is recorded
   * @throws IOException in one sentence: a file that can't be read, opened or is of no use
   */
  public static @Nullable Auditor open(AuditConfig config, Metrics metrics) throws IOException {
    List<String> errors = config.errors();
    if (!errors.isEmpty()) {
      throw new IOException(String.join("; ", errors));
    }
    if (config.policyFile() == null) {
      if (config.log() != null || config.webhook() != null) {
        LOG.info("no audit policy file provided, no events will be recorded");
      }
      return null;
    }
    AuditPolicy policy;
    try {
      policy = AuditPolicy.read(config.policyFile());
    } catch (IOException e) {
      throw new IOException("loading audit policy file: " + e.getMessage(), e);
    }
    if (!config.on()) {
      return null;
    }
    AuditErrors failures = new AuditErrors(metrics);
    List<AuditSink> sinks = new ArrayList<>(2);
    try {
      AuditConfig.Log log = config.log();
      if (log != null) {
        AuditSink file = new LogSink(log, failures.of("log"));
        sinks.add(
            truncated(log.truncate(), fed(log.mode(), log.batch(), file, failures), failures));
      }
      AuditConfig.Webhook webhook = config.webhook();
      if (webhook != null) {
        AuditSink remote = new WebhookSink(webhook, failures.of("webhook"));
        AuditSink fed = fed(webhook.mode(), webhook.batch(), remote, failures);
        sinks.add(truncated(webhook.truncate(), fed, failures));
      }
    } catch (IOException | RuntimeException e) {
      sinks.forEach(AuditSink::close);
      throw e;
    }
    return new Auditor(policy, sinks, metrics);
  }

  private static AuditSink fed(
      AuditConfig.Mode mode, AuditConfig.Batch batch, AuditSink sink, AuditErrors failures) {
    return switch (mode) {
      case BLOCKING_STRICT -> sink;
      case BLOCKING -> new ForgivingSink(sink);
      case BATCH -> new BufferedSink(sink, batch, failures.of("buffered"));
    };
  }

  private static AuditSink truncated(
      AuditConfig.Truncate bounds, AuditSink sink, AuditErrors failures) {
    return bounds.equals(AuditConfig.Truncate.OFF)
        ? sink
        : new TruncatingSink(sink, bounds, failures.of("truncate"));
  }

  /** Requests go on whether their events are stored or not. */
  private record ForgivingSink(AuditSink sink) implements AuditSink {

    @Override
    public boolean process(List<com.fasterxml.jackson.databind.node.ObjectNode> events) {
      sink.process(events);
      return true;
    }

    @Override
    public void close() {
      sink.close();
    }
  }
}
