package dev.coracle.schema.cel;

/**
 * An expression that does not compile ({@code ERROR: <input>:1:5: undefined field 'b'}, with the
 * place shown below) or does not evaluate ({@code no such key: b}).
 */
public final class ExpressionException extends Exception {

  private static final long serialVersionUID = 1L;

  ExpressionException(String message) {
    super(message);
  }

  /** What is wrong, in Kubernetes' words. */
  public String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
