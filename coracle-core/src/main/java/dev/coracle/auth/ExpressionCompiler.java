package dev.coracle.auth;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;

/** Compiles CEL expressions; whoever puts the server together gives the one there is. */
@FunctionalInterface
public interface ExpressionCompiler {

  /** An expression that can be evaluated. */
  @FunctionalInterface
  interface Compiled {

    /**
     * @throws IllegalArgumentException with the reason, when there is no value
     */
    JsonNode evaluate(Map<String, JsonNode> variables);
  }

  /**
   * @throws IllegalArgumentException with the compiler's text
   */
  Compiled compile(String source, Set<String> variables);
}
