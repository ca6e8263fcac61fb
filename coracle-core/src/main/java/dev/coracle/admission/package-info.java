/**
 * Admission: what may change or refuse a write after authorization. Here are what a plugin is,
 * which plugins decide and in which order, and {@link dev.coracle.admission.AdmissionChain}, which
 * runs them. The plugins themselves have rooms: {@code plugins}, and {@code podsecurity}, {@code
 * node}, {@code policy} and {@code webhook} for those that are more than a class.
 */
@NullMarked
package dev.coracle.admission;

import org.jspecify.annotations.NullMarked;
