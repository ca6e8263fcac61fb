/** Deletes finished Jobs when their time to live is over. */
@NullMarked
package dev.coracle.controller.ttl;

import org.jspecify.annotations.NullMarked;
