/**
 * Admission by policies in CEL: {@code ValidatingAdmissionPolicy} and {@code
 * MutatingAdmissionPolicy} with their bindings and parameters.
 */
@NullMarked
package dev.coracle.admission.policy;

import org.jspecify.annotations.NullMarked;
