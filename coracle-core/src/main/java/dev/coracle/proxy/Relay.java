package dev.coracle.proxy;

/** Passes bodies from one connection to another, in either direction of an exchange. */
final class Relay {

  /** Of reading and writing in one go. */
  private static final int MOST_ROUNDS = 2;

  private Relay() {}

  /**
   * Passes on what there is, as long as it is taken.
   *
   * @return whether something moved
   */
  static boolean pass(Connection from, Body body, Connection to, boolean chunked)
      throws BadMessageException {
    boolean moved = false;
    for (int rounds = 0; !body.isAtEnd() && rounds < MOST_ROUNDS; rounds++) {
      if (to.isBlocked() || to.isDeaf()) {
        return moved;
      }
      int count = body.available(from.in);
      if (count > 0) {
        // Framing fits beside a piece: the array need not grow.
        count = Math.min(count, Connection.PIECE_BYTES);
        if (to.out.size() + count > Connection.PIECE_BYTES && !to.flush()) {
          return moved;
        }
        if (chunked) {
          to.out.text(Integer.toHexString(count)).text("\r\n");
        }
        to.out.append(from.in.array, from.in.from, count);
        from.in.drop(count);
        body.taken(count);
        if (chunked) {
          to.out.text("\r\n");
        }
        moved = true;
        // The end of a chunked body often stands right behind.
        body.available(from.in);
      } else if (!body.isAtEnd()) {
        int read = from.fill();
        if (read < 0) {
          body.connectionEnded();
          break;
        }
        if (read == 0) {
          return moved;
        }
      }
    }
    if (body.isAtEnd() && chunked) {
      to.out.text("0\r\n\r\n");
    }
    return true;
  }
}
