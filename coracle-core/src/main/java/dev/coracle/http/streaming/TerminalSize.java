package dev.coracle.http.streaming;

/** A terminal's size in characters. */
public record TerminalSize(int width, int height) {}
