package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Where events go. Events are never changed once they are here. Thread-safe. */
interface AuditSink extends AutoCloseable {

  /** Whether the events are where they belong, or will be. */
  boolean process(List<ObjectNode> events);

  /** Writes what is waiting, within a few seconds, and ends. */
  @Override
  void close();
}
