package dev.coracle.http.streaming;

/** Which streams the client of an exec or attach asks for. */
public record RemoteCommandOptions(boolean stdin, boolean stdout, boolean stderr, boolean tty) {}
