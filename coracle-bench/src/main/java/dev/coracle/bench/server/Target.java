package dev.coracle.bench.server;

import dev.coracle.client.Client;

/**
 * The server under load.
 *
 * @param name in the table
 * @param url such as {@code https://127.0.0.1:6443}
 * @param token of a cluster administrator
 * @param client the same server by HTTPS
 */
public record Target(String name, String url, String token, Client client) {}
