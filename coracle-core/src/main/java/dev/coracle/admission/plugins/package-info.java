/** The plugins of Kubernetes that fit into one class each, under Kubernetes' name for them. */
@NullMarked
package dev.coracle.admission.plugins;

import org.jspecify.annotations.NullMarked;
