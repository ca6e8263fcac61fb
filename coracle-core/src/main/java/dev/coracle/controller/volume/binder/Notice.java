package dev.coracle.controller.volume.binder;

import dev.coracle.client.EventRecorder;

/** An event to be told. */
record Notice(String type, String reason, String message) {

  static Notice normal(String reason, String message) {
    return new Notice(EventRecorder.NORMAL, reason, message);
  }

  static Notice warning(String reason, String message) {
    return new Notice(EventRecorder.WARNING, reason, message);
  }
}
