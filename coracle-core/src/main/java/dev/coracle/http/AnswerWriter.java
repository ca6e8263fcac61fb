package dev.coracle.http;

import io.netty.buffer.ByteBuf;

/**
 * A connection as the requests on it see it; all on its event loop.
 *
 * @param <E> the requests of its HTTP version
 */
interface AnswerWriter<E extends Exchange> {

  void writeContinue(E exchange);

  void writeAll(E exchange, int status, Headers fields, long length, byte[][] parts);

  void writeHead(E exchange, int status, Headers fields, long length);

  void writeBody(E exchange, ByteBuf bytes, boolean last);

  void breakOff(E exchange);
}
