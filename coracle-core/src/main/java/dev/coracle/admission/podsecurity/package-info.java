/**
 * The plugin PodSecurity and the Pod Security Standards it holds Pods to: which level a namespace
 * asks for, and the controls of each level.
 */
@NullMarked
package dev.coracle.admission.podsecurity;

import org.jspecify.annotations.NullMarked;
