/**
 * Bearer tokens that this cluster knows by itself. Those of ServiceAccounts: signing them
 * (TokenRequest and legacy Secrets), publishing the keys, and telling whose one is while its
 * account and what it is bound to still exist; bootstrap tokens; the file of {@code
 * --token-auth-file}; and the cache in front of slow answers.
 */
@NullMarked
package dev.coracle.auth.tokens;

import org.jspecify.annotations.NullMarked;
