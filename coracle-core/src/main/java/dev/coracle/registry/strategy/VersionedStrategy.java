package dev.coracle.registry.strategy;

import dev.coracle.registry.resource.Strategy;

/** Kinds of which a PUT must say which version it replaces, or which a PUT makes anew. */
record VersionedStrategy(boolean updatesUnconditionally, boolean createsOnUpdate)
    implements Strategy {}
