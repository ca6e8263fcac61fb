/**
 * The command line: one picocli class per command; the flags of {@code coracle up} are mixins in
 * {@code flags}. Errors are one sentence on standard error and an exit code of their own; nothing
 * here decides how a cluster works.
 */
@NullMarked
package dev.coracle.cli;

import org.jspecify.annotations.NullMarked;
