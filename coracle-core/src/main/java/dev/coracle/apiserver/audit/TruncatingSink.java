package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps events and batches small: objects are left out of an event that is too large, else it is
 * lost.
 */
final class TruncatingSink implements AuditSink {

  private final AuditSink sink;
  private final AuditConfig.Truncate bounds;
  private final AuditErrors.Plugin errors;

  TruncatingSink(AuditSink sink, AuditConfig.Truncate bounds, AuditErrors.Plugin errors) {
    this.sink = sink;
    this.bounds = bounds;
    this.errors = errors;
  }

  @Override
  public boolean process(List<ObjectNode> events) {
    boolean stored = true;
    List<ObjectNode> batch = new ArrayList<>();
    long size = 0;
    for (ObjectNode event : events) {
      ObjectNode small = event;
      long length = Json.write(small).length;
      if (length > bounds.maxEventSize()) {
        small = truncated(event);
        length = Json.write(small).length;
      }
      if (length > bounds.maxEventSize()) {
        errors.lost(1, "event is too large even after truncating");
        stored = false;
        continue;
      }
      if (size + length > bounds.maxBatchSize() && !batch.isEmpty()) {
        stored &= sink.process(List.copyOf(batch));
        batch.clear();
        size = 0;
      }
      batch.add(small);
      size += length;
    }
    return batch.isEmpty() ? stored : sink.process(List.copyOf(batch)) && stored;
  }

  private static ObjectNode truncated(ObjectNode event) {
    ObjectNode copy = Json.object();
    event
        .properties()
        .forEach(
            field -> {
              if (!field.getKey().equals("requestObject")
                  && !field.getKey().equals("responseObject")) {
                copy.set(field.getKey(), field.getValue());
              }
            });
    ObjectNode annotations =
        event.path("annotations") instanceof ObjectNode known ? known.deepCopy() : Json.object();
    copy.set("annotations", annotations.put("audit.k8s.io/truncated", "true"));
    return copy;
  }

  @Override
  public void close() {
    sink.close();
  }
}
