package dev.coracle.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A server to be measured by hand with h2load: {@code /inline}, {@code /thread}, {@code /big}. */
public final class LoadServer {

  private LoadServer() {}

  @SuppressWarnings("SystemOut")
  public static void main(String[] arguments) throws Exception {
    byte[] small = new byte[1500];
    Arrays.fill(small, (byte) 'x');
    byte[] large = new byte[6_000_000];
    Arrays.fill(large, (byte) 'y');
    HttpHandler handler =
        new HttpHandler() {
          @Override
          public void handle(HttpRequest request, HttpResponder responder) throws Exception {
            if (request.rawPath().equals("/echo")) {
              responder.send(200, Headers.of(), request.readBody(100_000_000));
              return;
            }
            boolean big = request.rawPath().equals("/big");
            responder.send(
                200, Headers.of("content-type", "application/json"), big ? large : small);
          }

          @Override
          public boolean tryHandleInline(HttpRequest request, HttpResponder responder) {
            if (!request.rawPath().equals("/inline")) {
              return false;
            }
            responder.send(200, Headers.of("content-type", "application/json"), small);
            return true;
          }
        };
    HttpServerOptions options =
        HttpServerOptions.loopback(new TestCertificates().serverTls())
            .withEventLoops(Integer.getInteger("loops", 2));
    HttpServer server = HttpServer.start(options, handler);
    System.out.println("port " + server.port());
    System.out.flush();
    System.in.read();
    server.close();
    System.out.println(new String(new byte[0], StandardCharsets.UTF_8));
  }
}
