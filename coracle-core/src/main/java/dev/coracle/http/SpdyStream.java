package dev.coracle.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** One stream of a {@link SpdySession}: bytes in both directions, with flow control. */
public interface SpdyStream {

  int id();

  /** The fields of SYN_STREAM; names come in lower case. */
  Headers headers();

  /** Accepts the stream (SYN_REPLY). */
  void reply(Headers headers) throws IOException;

  /** What the peer sends; -1 when it has closed its half or the stream is over. */
  InputStream input();

  /** To the peer; waits for its window. Closing it closes our half (FIN). */
  OutputStream output();

  /** Breaks the stream in both directions (RST_STREAM, CANCEL). */
  void reset();

  /** Ends both directions: FIN if our half is open, and what still comes in is dropped. */
  void close();
}
