/**
 * What webhooks and policies have in common: whether a write concerns them ({@code rules},
 * selectors, {@code matchPolicy}, {@code matchConditions}), and the write as an AdmissionRequest.
 */
@NullMarked
package dev.coracle.admission.matching;

import org.jspecify.annotations.NullMarked;
