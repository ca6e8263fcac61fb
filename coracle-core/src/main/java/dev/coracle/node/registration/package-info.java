/**
 * The Node object: registering it, telling its state, its Lease, what others write into it, and the
 * resources that they advertise there.
 */
@NullMarked
package dev.coracle.node.registration;

import org.jspecify.annotations.NullMarked;
