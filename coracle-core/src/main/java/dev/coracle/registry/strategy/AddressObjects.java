package dev.coracle.registry.strategy;

import java.time.Instant;
import java.util.concurrent.Future;

/** The IPAddress objects that say which Service has a cluster IP. */
public interface AddressObjects {

  /**
   * Begins to write the object; whoever waits for it learns whether it is written.
   *
   * @param service its key
   */
  Future<?> create(String ip, String service, Instant now);

  /** Removes the object if it is the Service's. */
  void remove(String ip, String service);
}
