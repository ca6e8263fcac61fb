/**
 * Keys, certificates and what is spoken with them: how PEM is read, what a server and a client are
 * given, and the contexts made from it.
 */
@NullMarked
package dev.coracle.http.tls;

import org.jspecify.annotations.NullMarked;
