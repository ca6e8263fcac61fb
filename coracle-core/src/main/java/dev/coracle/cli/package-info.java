/**
 * The command line: one picocli class per command, and one mixin per topic of {@code coracle up}'s
 * flags (named {@code ...Options} or {@code ...Flags}), which becomes a record of {@code
 * cluster.options}. Errors are one sentence on standard error and an exit code of their own;
 * nothing here decides how a cluster works.
 */
@NullMarked
package dev.coracle.cli;

import org.jspecify.annotations.NullMarked;
