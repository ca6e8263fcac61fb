/**
 * Containers as host processes. On Linux with the rights of root each Pod gets network, UTS and IPC
 * namespaces of its own and each container a mount and a PID namespace: the host's root file system
 * read-only under a private scratch layer, with the Pod's volumes where it mounts them. Without
 * rights containers are plain processes on the host's network and file system, which find their
 * volumes below the directory that {@code CONTAINER_SANDBOX_MOUNT_POINT} names. No helper binary is
 * involved: a short-lived platform thread makes the system calls, as {@code node.linux} offers
 * them, and then spawns the container's command.
 */
@NullMarked
package dev.coracle.node.runtime.process;

import org.jspecify.annotations.NullMarked;
