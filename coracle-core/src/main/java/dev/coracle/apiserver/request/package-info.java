/**
 * A request and an answer, in the words that all packages of the server share; neither HTTP nor
 * bytes.
 */
@NullMarked
package dev.coracle.apiserver.request;

import org.jspecify.annotations.NullMarked;
