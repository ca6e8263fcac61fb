package dev.coracle.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The query of a list or a watch ({@code metav1.ListOptions}); empty strings are "not given".
 *
 * @param limit 0 for no limit
 * @param timeout null for the server's choice
 * @param sendInitialEvents null when not given (a watch only)
 */
public record ListOptions(
    String labelSelector,
    String fieldSelector,
    String resourceVersion,
    String resourceVersionMatch,
    int limit,
    String continueToken,
    boolean allowWatchBookmarks,
    @Nullable Duration timeout,
    @Nullable Boolean sendInitialEvents) {

  public static final ListOptions ALL = new ListOptions("", "", "", "", 0, "", false, null, null);

  public ListOptions withLabelSelector(String selector) {
    return new ListOptions(
        selector,
        fieldSelector,
        resourceVersion,
        resourceVersionMatch,
        limit,
        continueToken,
        allowWatchBookmarks,
        timeout,
        sendInitialEvents);
  }

  public ListOptions withFieldSelector(String selector) {
    return new ListOptions(
        labelSelector,
        selector,
        resourceVersion,
        resourceVersionMatch,
        limit,
        continueToken,
        allowWatchBookmarks,
        timeout,
        sendInitialEvents);
  }

  public ListOptions withResourceVersion(String version) {
    return new ListOptions(
        labelSelector,
        fieldSelector,
        version,
        resourceVersionMatch,
        limit,
        continueToken,
        allowWatchBookmarks,
        timeout,
        sendInitialEvents);
  }

  public ListOptions withLimit(int most, String token) {
    return new ListOptions(
        labelSelector,
        fieldSelector,
        resourceVersion,
        resourceVersionMatch,
        most,
        token,
        allowWatchBookmarks,
        timeout,
        sendInitialEvents);
  }

  public ListOptions withBookmarks() {
    return new ListOptions(
        labelSelector,
        fieldSelector,
        resourceVersion,
        resourceVersionMatch,
        limit,
        continueToken,
        true,
        timeout,
        sendInitialEvents);
  }
}
