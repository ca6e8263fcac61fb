/**
 * Times to live: finished Jobs are deleted when theirs is over, and kubelets are told theirs for
 * what they read.
 */
@NullMarked
package dev.coracle.controller.ttl;

import org.jspecify.annotations.NullMarked;
