/** Where Ingresses are reached, in stories through the real API. */
@NullMarked
package dev.coracle.controller.ingress;

import org.jspecify.annotations.NullMarked;
