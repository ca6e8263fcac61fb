package dev.coracle.schema.decoding;

/**
 * A value that is not what its schema says, in the words of Go's decoder, such as {@code json:
 * cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string}.
 */
public final class DecodingException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  DecodingException(String message) {
    super(message, null, false, false);
  }
}
