/**
 * The persistent volume controller: it brings claims and volumes together, notices when one of them
 * is lost, asks provisioners for volumes, and sees to what happens with a volume that its claim has
 * left. {@code ClaimDecision} and {@code VolumeDecision} say what is due; {@code
 * PersistentVolumeController} does it.
 */
@NullMarked
package dev.coracle.controller.volume.binder;

import org.jspecify.annotations.NullMarked;
