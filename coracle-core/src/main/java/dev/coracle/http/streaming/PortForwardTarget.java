package dev.coracle.http.streaming;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;

/** The connection to a Pod's port that a forwarded connection is joined with. */
public interface PortForwardTarget extends AutoCloseable {

  InputStream input();

  /** Closing it ends this direction only. */
  OutputStream output();

  @Override
  void close();

  /** A connected socket. */
  static PortForwardTarget of(Socket socket) {
    return new PortForwardTarget() {
      @Override
      public InputStream input() {
        try {
          return socket.getInputStream();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public OutputStream output() {
        try {
          OutputStream output = socket.getOutputStream();
          return new java.io.FilterOutputStream(output) {
            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
              output.write(bytes, from, length);
            }

            @Override
            public void close() throws IOException {
              socket.shutdownOutput();
            }
          };
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public void close() {
        try {
          socket.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }
}
