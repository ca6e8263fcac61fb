/**
 * Certificates and keys: the cluster's own authorities and what they issue, those that users bring
 * in files, and what the server serves and Pods trust while both change.
 */
@NullMarked
package dev.coracle.cluster.pki;

import org.jspecify.annotations.NullMarked;
