package dev.coracle.apiserver.audit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * kube-apiserver's {@code --audit-*} options, with its defaults.
 *
 * @param policyFile null: nothing is recorded
 * @param log null for no log file
 * @param webhook null for no webhook
 */
public record AuditConfig(@Nullable Path policyFile, @Nullable Log log, @Nullable Webhook webhook) {

  public static final AuditConfig OFF = new AuditConfig(null, null, null);

  /** Whether nothing at all is asked for. */
  public boolean isOff() {
    return policyFile == null && log == null && webhook == null;
  }

  /** How a backend is fed. */
  public enum Mode {
    /** Later, by a thread of its own; what does not fit into the buffer is dropped and counted. */
    BATCH("batch"),
    /** Requests wait until their events are stored; failures are counted. */
    BLOCKING("blocking"),
    /** As BLOCKING; a request whose first event cannot be stored is refused. */
    BLOCKING_STRICT("blocking-strict");

    private final String text;

    Mode(String text) {
      this.text = text;
    }

    /** As the option spells it. */
    public static @Nullable Mode of(String text) {
      for (Mode mode : values()) {
        if (mode.text.equals(text)) {
          return mode;
        }
      }
      return null;
    }
  }

  /**
   * The batches of {@link Mode#BATCH}.
   *
   * @param maxWait zero: a batch waits only for the one before it
   * @param throttleQps batches per second; 0 for no throttle
   */
  public record Batch(
      int bufferSize, int maxSize, Duration maxWait, double throttleQps, int throttleBurst) {

    public static final Batch LOG = new Batch(10_000, 1, Duration.ZERO, 0, 0);
    public static final Batch WEBHOOK = new Batch(10_000, 400, Duration.ofSeconds(30), 10, 15);
  }

  /** Bounds for the JSON of events and batches, in bytes; both 0 for none. */
  public record Truncate(long maxBatchSize, long maxEventSize) {

    public static final Truncate OFF = new Truncate(0, 0);
  }

  /**
   * The log file.
   *
   * @param path {@code -} for standard output
   * @param maxAgeDays of rotated files; 0 keeps them
   * @param maxBackups rotated files that stay; 0 for all
   * @param maxSizeMegabytes of the file before it is rotated; 0 for 100
   * @param legacy a line of text for each event instead of JSON
   */
  public record Log(
      String path,
      int maxAgeDays,
      int maxBackups,
      int maxSizeMegabytes,
      boolean compress,
      boolean legacy,
      Mode mode,
      Batch batch,
      Truncate truncate) {

    /** The defaults, for a path. */
    public static Log of(String path) {
      return new Log(path, 0, 0, 0, false, false, Mode.BLOCKING, Batch.LOG, Truncate.OFF);
    }
  }

  /**
   * The webhook.
   *
   * @param configFile a kubeconfig that says where, whom to trust and who we are
   */
  public record Webhook(
      Path configFile, Duration initialBackoff, Mode mode, Batch batch, Truncate truncate) {

    /** The defaults, for a file. */
    public static Webhook of(Path configFile) {
      return new Webhook(
          configFile, Duration.ofSeconds(10), Mode.BATCH, Batch.WEBHOOK, Truncate.OFF);
    }
  }

  /** Whether anything is recorded. */
  public boolean on() {
    return policyFile != null && (log != null || webhook != null);
  }

  /** What is wrong with the numbers, in kube-apiserver's words; empty when nothing is. */
  public List<String> errors() {
    return AuditChecks.errors(this);
  }
}
