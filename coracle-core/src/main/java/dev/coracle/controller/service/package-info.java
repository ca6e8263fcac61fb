/** Gives Services of type LoadBalancer addresses out of a pool. */
@NullMarked
package dev.coracle.controller.service;

import org.jspecify.annotations.NullMarked;
