/**
 * Custom resources: serves what definitions define as they come and go, and converts objects
 * between versions, by a webhook if the definition names one.
 */
@NullMarked
package dev.coracle.registry.custom;

import org.jspecify.annotations.NullMarked;
