/**
 * What users do with a cluster, with the programs they do it with, unchanged: fabric8, {@code
 * io.kubernetes:client-java} and kubectl against a started control plane over real HTTPS, found by
 * its kubeconfig.
 */
@NullMarked
package dev.coracle.clients;

import org.jspecify.annotations.NullMarked;
