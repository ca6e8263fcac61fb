/**
 * Sends an allowed request to what serves it: a resource, by verb, to the registry; other paths,
 * groups of other servers and connections to the packages of these names.
 */
@NullMarked
package dev.coracle.apiserver.dispatch;

import org.jspecify.annotations.NullMarked;
