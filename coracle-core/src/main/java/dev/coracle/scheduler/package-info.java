/**
 * The scheduler: a queue of Pods without a node, what it knows of nodes and their Pods, filters and
 * scores (in {@code plugins}), and one loop that decides, assumes and binds. It knows the API
 * server only through the client, as {@code system:kube-scheduler}.
 */
@NullMarked
package dev.coracle.scheduler;

import org.jspecify.annotations.NullMarked;
