/**
 * CEL, Kubernetes' expression language: compiling and evaluating the expressions of CRDs and
 * admission policies, with the function libraries that Kubernetes adds. The classes of the language
 * are loaded with the first expression, not before.
 */
@NullMarked
package dev.coracle.schema.cel;

import org.jspecify.annotations.NullMarked;
