/**
 * What a plugin is, and what it may look at: filters and scores, a node with its Pods, a Pod with
 * what it asks for, storage, and the changes that may let a waiting Pod be tried again.
 */
@NullMarked
package dev.coracle.scheduler.framework;

import org.jspecify.annotations.NullMarked;
