/**
 * Bytes become objects: the bodies of writes, and what patches, plugins and conversions made, are
 * read by their schema into trees as Go would hold them, with the checks and the words of a
 * kube-apiserver; unknown fields are left out and told.
 */
@NullMarked
package dev.coracle.schema.decoding;

import org.jspecify.annotations.NullMarked;
