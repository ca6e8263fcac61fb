/**
 * Admission: what may change or refuse a write after authorization. One class per plugin, under
 * Kubernetes' name for it; {@link dev.coracle.admission.AdmissionChain} runs them in Kubernetes'
 * order.
 */
@NullMarked
package dev.coracle.admission;

import org.jspecify.annotations.NullMarked;
