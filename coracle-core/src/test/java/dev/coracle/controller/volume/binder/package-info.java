/** What is due for claims and volumes, decided without a cluster. */
@NullMarked
package dev.coracle.controller.volume.binder;

import org.jspecify.annotations.NullMarked;
