/**
 * Whether somebody may do something, and as whom: questions to the authorizer, impersonation, and
 * their counters.
 */
@NullMarked
package dev.coracle.apiserver.access;

import org.jspecify.annotations.NullMarked;
