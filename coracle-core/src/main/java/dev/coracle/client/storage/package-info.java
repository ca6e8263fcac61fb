/**
 * What several components must see alike about claims and volumes: which claims a Pod uses, which
 * volume fits a claim, and the annotations by which binder, scheduler and provisioner speak to each
 * other.
 */
@NullMarked
package dev.coracle.client.storage;

import org.jspecify.annotations.NullMarked;
