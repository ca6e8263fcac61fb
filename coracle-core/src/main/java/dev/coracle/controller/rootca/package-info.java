/** Publishes the cluster's CA bundle in each namespace as ConfigMap {@code kube-root-ca.crt}. */
@NullMarked
package dev.coracle.controller.rootca;

import org.jspecify.annotations.NullMarked;
