/**
 * A cluster in a JUnit test: {@link dev.coracle.junit.CoracleTest} or {@link
 * dev.coracle.junit.CoracleExtension} start it in the test's own JVM and give tests a namespace
 * each, and clients for it.
 */
@NullMarked
package dev.coracle.junit;

import org.jspecify.annotations.NullMarked;
