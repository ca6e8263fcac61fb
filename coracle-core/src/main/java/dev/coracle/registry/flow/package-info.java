/**
 * One class per verb, generic over all resources, from a decoded body to the store and back; and
 * what the verbs have in common: admission's questions, names, continue tokens, the objects' bytes.
 */
@NullMarked
package dev.coracle.registry.flow;

import org.jspecify.annotations.NullMarked;
