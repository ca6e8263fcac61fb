/**
 * The cluster as the scheduler sees it: what the informers show, and on top what was decided and is
 * not shown yet. One lock guards it, {@link dev.coracle.scheduler.state.Shared}'s, but for storage,
 * which guards itself.
 */
@NullMarked
package dev.coracle.scheduler.state;

import org.jspecify.annotations.NullMarked;
