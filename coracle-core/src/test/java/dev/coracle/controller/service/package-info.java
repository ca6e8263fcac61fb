/** Services of type LoadBalancer, in stories through the real API. */
@NullMarked
package dev.coracle.controller.service;

import org.jspecify.annotations.NullMarked;
