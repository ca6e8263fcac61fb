/** Keeps the number of Pods of a ReplicaSet or ReplicationController. */
@NullMarked
package dev.coracle.controller.replicaset;

import org.jspecify.annotations.NullMarked;
