/** The default filters and scores, each with the name of its kube-scheduler plugin. */
@NullMarked
package dev.coracle.scheduler.plugins;

import org.jspecify.annotations.NullMarked;
