package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.KubeObject;
import java.time.Instant;

/** Makes the rows of one kind, many of them. Thread-safe. */
public interface RowReader {

  /**
   * A row.
   *
   * @param cells as many as there are columns
   * @param conditions usually none; a Pod that has run to its end is {@code Completed}, which
   *     clients may leave out
   */
  record Cells(ArrayNode cells, ArrayNode conditions) {}

  /**
   * @param now what ages are counted from
   */
  Cells read(KubeObject object, Instant now);
}
