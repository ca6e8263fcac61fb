/**
 * What a {@code KubeSchedulerConfiguration} says: reading it strictly, the plugins that it leaves
 * at each extension point, and the arguments of plugins with their defaults.
 */
@NullMarked
package dev.coracle.scheduler.config;

import org.jspecify.annotations.NullMarked;
