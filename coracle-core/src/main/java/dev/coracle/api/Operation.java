package dev.coracle.api;

/** What a write does, in admission's words. */
public enum Operation {
  CREATE,
  UPDATE,
  DELETE,
  CONNECT
}
