package dev.coracle.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a list.
 *
 * @param items in the order of their keys (namespace, then name)
 * @param resourceVersion the revision at which every item stood so
 * @param continueToken where the next page starts; null on the last one
 * @param remainingItemCount how many follow this page; null when unknown or none
 */
public record ObjectList(
    List<KubeObject> items,
    long resourceVersion,
    @Nullable String continueToken,
    @Nullable Long remainingItemCount) {}
