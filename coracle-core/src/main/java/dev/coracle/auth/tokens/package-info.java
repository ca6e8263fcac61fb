/**
 * ServiceAccount tokens: signing them (TokenRequest and legacy Secrets), publishing the keys, and
 * telling whose a token is while its account and what it is bound to still exist.
 */
@NullMarked
package dev.coracle.auth.tokens;

import org.jspecify.annotations.NullMarked;
