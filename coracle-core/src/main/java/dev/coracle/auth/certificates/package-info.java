/**
 * X.509: the cluster's certificate authority, keys and certificates as PEM. Bouncy Castle does the
 * encoding; nothing outside this package sees its types.
 */
@NullMarked
package dev.coracle.auth.certificates;

import org.jspecify.annotations.NullMarked;
