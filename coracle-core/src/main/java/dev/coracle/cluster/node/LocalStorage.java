package dev.coracle.cluster.node;

import dev.coracle.api.Clock;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Informers;
import dev.coracle.cluster.bootstrap.Bootstrap;
import dev.coracle.node.localpath.LocalPathProvisioner;
import dev.coracle.node.volumes.Mounter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Volumes on the nodes of this process. Its start goes on beside that of the others, because claims
 * come later than nodes.
 */
final class LocalStorage implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LocalStorage.class);

  private final Thread starter;
  private @Nullable Informers informers;
  private @Nullable LocalPathProvisioner provisioner;
  private boolean closed;

  private LocalStorage(Runnable start) {
    starter = Thread.ofVirtual().name("local-storage").unstarted(start);
  }

  /**
   * @param client as {@link LocalPathProvisioner#IDENTITY}
   * @param nodeName of the real node; null without one
   */
  static LocalStorage start(
      Bootstrap bootstrap,
      Client client,
      Clock clock,
      @Nullable String nodeName,
      Path directory,
      Mounter mounter) {
    LocalStorage[] itself = new LocalStorage[1];
    itself[0] =
        new LocalStorage(
            () -> {
              try {
                bootstrap.localStorage();
                itself[0].provision(client, clock, nodeName, directory, mounter);
              } catch (StatusException e) {
                LOG.warn("no local volumes: {}", e.getMessage());
              }
            });
    itself[0].starter.start();
    return itself[0];
  }

  private synchronized void provision(
      Client client, Clock clock, @Nullable String nodeName, Path directory, Mounter mounter) {
    if (!closed) {
      Informers its = new InformerFactory(client, clock);
      informers = its;
      provisioner = LocalPathProvisioner.start(client, its, clock, nodeName, directory, mounter);
    }
  }

  @Override
  public void close() throws Exception {
    Informers its;
    synchronized (this) {
      closed = true;
      if (provisioner != null) {
        provisioner.close();
      }
      its = informers;
    }
    starter.interrupt();
    starter.join();
    if (its != null) {
      its.close();
    }
  }
}
