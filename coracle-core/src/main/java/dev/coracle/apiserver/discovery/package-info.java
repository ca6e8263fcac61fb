/** Discovery documents: which groups, versions and resources there are. */
@NullMarked
package dev.coracle.apiserver.discovery;

import org.jspecify.annotations.NullMarked;
