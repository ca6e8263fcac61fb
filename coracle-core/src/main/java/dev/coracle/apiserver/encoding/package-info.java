/**
 * What bytes come in and go out: the forms that a client and the server agree on (JSON, YAML,
 * protobuf, tables, in one piece or as a list's parts), read and written.
 */
@NullMarked
package dev.coracle.apiserver.encoding;

import org.jspecify.annotations.NullMarked;
