/**
 * Deletes what owners leave behind: background, foreground and orphan deletion of every resource.
 */
@NullMarked
package dev.coracle.controller.garbage;

import org.jspecify.annotations.NullMarked;
