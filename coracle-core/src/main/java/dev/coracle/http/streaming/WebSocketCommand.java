package dev.coracle.http.streaming;

import dev.coracle.http.WebSocketSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** A remote command over WebSocket channels. */
final class WebSocketCommand extends CommandConnection {

  private static final int STDIN = 0;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int ERROR = 3;
  private static final int RESIZE = 4;
  private static final int CLOSE = 255;

  private final WebSocketSession session;
  private final ChannelProtocol channels;
  private final RemoteCommandOptions options;
  private final ByteQueue stdin = new ByteQueue();
  private final ByteQueue resize = new ByteQueue();

  private WebSocketCommand(WebSocketSession session, RemoteCommandOptions options) {
    this.session = session;
    this.channels = new ChannelProtocol(session);
    this.options = options;
  }

  static WebSocketCommand start(WebSocketSession session, RemoteCommandOptions options)
      throws IOException {
    WebSocketCommand command = new WebSocketCommand(session, options);
    if (!options.stdin()) {
      command.stdin.end();
    }
    if (!options.tty()) {
      command.resize.end();
    }
    Thread.ofVirtual().name("websocket-command").start(command::receive);
    int first = options.stdout() ? STDOUT : options.stderr() ? STDERR : ERROR;
    command.channels.send(first, new byte[0]);
    return command;
  }

  private void inputsEnd() {
    stdin.end();
    resize.end();
  }

  /** What came before the client's end reaches the command, and then the end does. */
  private void receive() {
    boolean halfClose = session.subprotocol().startsWith("v5.");
    try {
      for (var message = channels.receive(); message != null; message = channels.receive()) {
        switch (message.channel()) {
          case STDIN -> {
            stdin.put(message.data());
            stdin.awaitTaken();
          }
          case RESIZE -> resize.put(message.data());
          case CLOSE -> {
            if (halfClose && message.data().length == 1 && message.data()[0] == STDIN) {
              stdin.end();
            }
          }
          default -> {}
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      inputsEnd();
    }
  }

  @Override
  public InputStream stdin() {
    return stdin;
  }

  @Override
  public OutputStream stdout() {
    return options.stdout() ? channels.output(STDOUT) : OutputStream.nullOutputStream();
  }

  @Override
  public OutputStream stderr() {
    return options.stderr() ? channels.output(STDERR) : OutputStream.nullOutputStream();
  }

  @Override
  InputStream resizeStream() {
    return resize;
  }

  @Override
  public boolean isOpen() {
    return session.isOpen();
  }

  @Override
  public void onClose(Runnable action) {
    session.onClose(action);
  }

  @Override
  void finish(CommandResult result) throws IOException {
    boolean structured =
        session.subprotocol().startsWith("v4.") || session.subprotocol().startsWith("v5.");
    byte[] data =
        structured ? result.statusJson() : result.message().getBytes(StandardCharsets.UTF_8);
    if (data.length > 0) {
      channels.send(ERROR, data);
    }
  }

  @Override
  public void close() {
    inputsEnd();
    session.close();
  }
}
