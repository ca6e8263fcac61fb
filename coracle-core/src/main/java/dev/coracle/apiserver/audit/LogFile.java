package dev.coracle.apiserver.audit;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is put aside when it is large: {@code audit.log} becomes {@code
 * audit-2026-01-02T03-04-05.006.log}, as kube-apiserver names them. Only its owner can read it. For
 * one thread.
 */
final class LogFile {

  private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss.SSS");
  private static final int USUAL_MEGABYTES = 100;

  private final @Nullable Path path;
  private final long mostBytes;
  private final int mostBackups;
  private final Duration longest;
  private final boolean compress;
  private OutputStream out;
  private long size;

  private LogFile(AuditConfig.Log config, @Nullable Path path) throws IOException {
    this.path = path;
    int megabytes = config.maxSizeMegabytes();
    this.mostBytes = (megabytes == 0 ? USUAL_MEGABYTES : megabytes) * 1024L * 1024L;
    this.mostBackups = config.maxBackups();
    this.longest = Duration.ofDays(config.maxAgeDays());
    this.compress = config.compress();
    this.out = path == null ? standardOutput() : append(path);
    this.size = path == null ? 0 : Files.size(path);
  }

  /**
   * @throws IOException in one sentence, when it can't be written
   */
  static LogFile open(AuditConfig.Log config) throws IOException {
    if (config.path().equals("-")) {
      return new LogFile(config, null);
    }
    Path path = Path.of(config.path()).toAbsolutePath();
    try {
      return new LogFile(config, path);
    } catch (IOException e) {
      throw new IOException("ensureLogFile: open " + path + ": " + e.getMessage(), e);
    }
  }

  private static OutputStream standardOutput() {
    return new FileOutputStream(java.io.FileDescriptor.out);
  }

  private static OutputStream append(Path path) throws IOException {
    Path directory = path.getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    if (!Files.exists(path)) {
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    return Files.newOutputStream(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /** Writes whole lines; they are with the system when this returns. */
  void write(byte[] lines) throws IOException {
    if (path != null && size > 0 && size + lines.length > mostBytes) {
      rotate(path);
    }
    out.write(lines);
    out.flush();
    size += lines.length;
  }

  private void rotate(Path file) throws IOException {
    out.close();
    Path aside = backup(file, Instant.now());
    Files.move(file, aside);
    out = append(file);
    size = 0;
    if (compress) {
      compress(aside);
    }
    tidy(file);
  }

  private static Path backup(Path file, Instant at) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    String stem = dot < 0 ? name : name.substring(0, dot);
    String extension = dot < 0 ? "" : name.substring(dot);
    Instant stamp = at;
    Path aside;
    do {
      aside =
          file.resolveSibling(
              stem + "-" + STAMP.format(stamp.atOffset(ZoneOffset.UTC)) + extension);
      stamp = stamp.plusMillis(1);
    } while (Files.exists(aside) || Files.exists(Path.of(aside + ".gz")));
    return aside;
  }

  private static void compress(Path file) throws IOException {
    Path zipped = Path.of(file + ".gz");
    Files.createFile(
        zipped, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (OutputStream to = new GZIPOutputStream(Files.newOutputStream(zipped))) {
      Files.copy(file, to);
    }
    Files.delete(file);
  }

  private record Backup(Path file, Instant at) {}

  /** Removes what is too old or too much; a file that can't be removed is only told. */
  private void tidy(Path file) {
    try {
      List<Backup> backups = backups(file);
      backups.sort(Comparator.comparing(Backup::at).reversed());
      Instant oldest = Instant.now().minus(longest);
      for (int i = 0; i < backups.size(); i++) {
        boolean tooMany = mostBackups > 0 && i >= mostBackups;
        boolean tooOld = !longest.isZero() && backups.get(i).at.isBefore(oldest);
        if (tooMany || tooOld) {
          Files.deleteIfExists(backups.get(i).file);
        }
      }
    } catch (IOException e) {
      LOG.warn("old audit logs could not be removed: {}", e.getMessage());
    }
  }

  private static List<Backup> backups(Path file) throws IOException {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    String start = (dot < 0 ? name : name.substring(0, dot)) + "-";
    String extension = dot < 0 ? "" : name.substring(dot);
    List<Backup> backups = new ArrayList<>();
    Path directory = file.getParent();
    if (directory == null) {
      return backups;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path each : files) {
        String found = String.valueOf(each.getFileName());
        String plain = found.endsWith(".gz") ? found.substring(0, found.length() - 3) : found;
        if (!plain.startsWith(start)
            || !plain.endsWith(extension)
            || plain.length() <= start.length() + extension.length()) {
          continue;
        }
        String stamp = plain.substring(start.length(), plain.length() - extension.length());
        try {
          backups.add(
              new Backup(each, LocalDateTime.parse(stamp, STAMP).toInstant(ZoneOffset.UTC)));
        } catch (DateTimeParseException e) {
          // another file of a similar name
        }
      }
    }
    return backups;
  }

  void close() {
    try {
      if (path != null) {
        out.close();
      }
    } catch (IOException e) {
      LOG.warn("the audit log could not be closed: {}", e.getMessage());
    }
  }
}
