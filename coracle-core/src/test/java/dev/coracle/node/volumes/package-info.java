/** Tests of volumes. */
@NullMarked
package dev.coracle.node.volumes;

import org.jspecify.annotations.NullMarked;
