package dev.coracle.cluster.pki;

import dev.coracle.auth.certificates.Pem;
import dev.coracle.cluster.start.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Pods trust the API server by: the cluster's own authorities, or those of {@code
 * --root-ca-file}, read again when it changes. So an authority is changed without a request that
 * fails: first both in that file, then the new certificate in {@code --tls-cert-file}, then the new
 * authority alone.
 */
public final class RootCa {

  private static final Logger LOG = LoggerFactory.getLogger(RootCa.class);

  private final @Nullable Path file;
  private final Pki pki;
  private String pem = "";
  private @Nullable FileTime read;

  /**
   * @param file null for the cluster's own authorities
   * @throws StartException when the file has no certificate
   */
  public RootCa(@Nullable Path file, Pki pki) {
    this.file = file;
    this.pki = pki;
    if (file != null) {
      try {
        look(file);
      } catch (IOException | IllegalArgumentException e) {
        throw KeyFiles.useless("--root-ca-file", file, e);
      }
    }
  }

  /** The certificates now; the last good ones while the file is of no use. */
  public synchronized String pem() {
    if (file == null) {
      return pki.authorityPem();
    }
    try {
      look(file);
    } catch (IOException | IllegalArgumentException e) {
      LOG.error(
          "--root-ca-file {} is of no use, the last good one goes on: {}", file, e.getMessage());
    }
    return pem;
  }

  private void look(Path path) throws IOException {
    FileTime changed = Files.getLastModifiedTime(path);
    if (changed.equals(read)) {
      return;
    }
    String text = Files.readString(path);
    read = changed;
    if (Pem.certificates(text).isEmpty()) {
      throw new IOException("it has no certificate");
    }
    pem = text;
  }
}
