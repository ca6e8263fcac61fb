/**
 * What keeps claims, volumes and volume attributes classes from being deleted under those who use
 * them: a finalizer that comes at their creation and goes when they are to be deleted and nobody
 * uses them any more.
 */
@NullMarked
package dev.coracle.controller.volume.protection;

import org.jspecify.annotations.NullMarked;
