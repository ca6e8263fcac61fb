package dev.coracle.controller;

/** A control loop: it watches, and makes what is as it should be. */
public interface Controller {

  /** Its name and that of its ServiceAccount, such as {@code replicaset-controller}. */
  String name();

  /** Starts to watch and work; returns when its caches are filled and its workers run. */
  void start() throws InterruptedException;

  /** Stops; no call to the API begins after this. */
  void stop();
}
