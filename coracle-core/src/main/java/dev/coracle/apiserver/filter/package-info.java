/**
 * What every request passes, whatever it asks for, in one function ({@link
 * dev.coracle.apiserver.filter.FilterChain}): who asks, audit, impersonation, a place among those
 * served at a time, a deadline, whether it may; and what is counted of it.
 */
@NullMarked
package dev.coracle.apiserver.filter;

import org.jspecify.annotations.NullMarked;
