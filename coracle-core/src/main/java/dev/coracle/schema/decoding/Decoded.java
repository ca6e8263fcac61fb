package dev.coracle.schema.decoding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * A body that was read.
 *
 * @param object the caller's own tree, without the fields that its schema does not know
 * @param warnings for the {@code Warning} header
 */
public record Decoded(ObjectNode object, List<String> warnings) {}
