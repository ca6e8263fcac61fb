/**
 * Groups that others serve: extension servers behind an APIService, and other parts of this
 * process; and the APIServices of what this server serves itself.
 */
@NullMarked
package dev.coracle.apiserver.aggregation;

import org.jspecify.annotations.NullMarked;
