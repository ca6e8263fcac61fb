package dev.coracle.controller;

import dev.coracle.api.Clock;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Informers;

/**
 * What a controller works with.
 *
 * @param client as the controller's own identity
 * @param informers shared by all controllers
 * @param clock the cluster's
 * @param events with the controller as the source
 */
public record ControllerContext(
    Client client, Informers informers, Clock clock, EventRecorder events) {}
