package dev.coracle.controller.podautoscaler;

/** A metric that gives no replica count, and why. */
final class MetricsFailure extends Exception {

  private static final long serialVersionUID = 1;

  MetricsFailure(String message) {
    super(message);
  }

  String why() {
    return String.valueOf(getMessage());
  }
}
