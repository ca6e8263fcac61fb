/**
 * Where an API server is and who we are to it: kubeconfig files, the files in a Pod, and a
 * connection that follows them when they change.
 */
@NullMarked
package dev.coracle.client.config;

import org.jspecify.annotations.NullMarked;
