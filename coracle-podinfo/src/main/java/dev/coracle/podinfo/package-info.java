/**
 * What an application in a Kubernetes Pod can know of itself and its cluster: {@link
 * dev.coracle.podinfo.PodInfo} reads the Downward API and the ServiceAccount's files and tells of
 * their changes, {@link dev.coracle.podinfo.PodApi} reaches the API server. For any Kubernetes; no
 * dependencies.
 */
@NullMarked
package dev.coracle.podinfo;

import org.jspecify.annotations.NullMarked;
