package dev.coracle.apiserver.audit;

import java.util.ArrayList;
import java.util.List;

/** Checks of the audit options that kube-apiserver makes before it starts. */
final class AuditChecks {

  private AuditChecks() {}

  static List<String> errors(AuditConfig config) {
    List<String> errors = new ArrayList<>(0);
    AuditConfig.Log log = config.log();
    if (log != null) {
      batch("log", log.mode(), log.batch(), errors);
      truncate("log", log.truncate(), errors);
      positive("maxage", log.maxAgeDays(), errors);
      positive("maxbackup", log.maxBackups(), errors);
      positive("maxsize", log.maxSizeMegabytes(), errors);
    }
    AuditConfig.Webhook webhook = config.webhook();
    if (webhook != null) {
      batch("webhook", webhook.mode(), webhook.batch(), errors);
      truncate("webhook", webhook.truncate(), errors);
    }
    return errors;
  }

  private static void positive(String option, int value, List<String> errors) {
    if (value < 0) {
      errors.add("--audit-log-" + option + " " + value + " can't be a negative number");
    }
  }

  private static void batch(
      String plugin, AuditConfig.Mode mode, AuditConfig.Batch batch, List<String> errors) {
    if (mode != AuditConfig.Mode.BATCH) {
      return;
    }
    String start = "invalid audit batch " + plugin + " ";
    if (batch.bufferSize() <= 0) {
      errors.add(start + "buffer size " + batch.bufferSize() + ", must be a positive number");
    }
    if (batch.maxSize() <= 0) {
      errors.add(start + "max batch size " + batch.maxSize() + ", must be a positive number");
    }
    if (batch.throttleQps() < 0) {
      errors.add(start + "throttle QPS " + batch.throttleQps() + ", must be a positive number");
    }
    if (batch.throttleQps() > 0 && batch.throttleBurst() <= 0) {
      errors.add(start + "throttle burst " + batch.throttleBurst() + ", must be a positive number");
    }
  }

  private static void truncate(String plugin, AuditConfig.Truncate truncate, List<String> errors) {
    if (truncate.equals(AuditConfig.Truncate.OFF)) {
      return;
    }
    String start = "invalid audit truncate " + plugin + " ";
    if (truncate.maxEventSize() <= 0) {
      errors.add(
          start + "max event size " + truncate.maxEventSize() + ", must be a positive number");
    } else if (truncate.maxBatchSize() < truncate.maxEventSize()) {
      errors.add(
          start
              + "max batch size "
              + truncate.maxBatchSize()
              + ", must be greater than max event size ("
              + truncate.maxEventSize()
              + ")");
    }
  }
}
