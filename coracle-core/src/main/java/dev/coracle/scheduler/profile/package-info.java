/**
 * A scheduler by the name that Pods ask for: its plugins, the choice of a node by them, whom it
 * ends to make room, and the volumes it reserves. Nothing here binds or evicts a Pod.
 */
@NullMarked
package dev.coracle.scheduler.profile;

import org.jspecify.annotations.NullMarked;
