package dev.coracle.node.linux;

/** The C library's words for error numbers, in the lower case in which messages carry them. */
public final class Errno {

  private Errno() {}

  public static String describe(int errno) {
    return switch (errno) {
      case 1 -> "operation not permitted";
      case 2 -> "no such file or directory";
      case 3 -> "no such process";
      case 5 -> "input/output error";
      case 7 -> "argument list too long";
      case 8 -> "exec format error";
      case 11 -> "resource temporarily unavailable";
      case 12 -> "cannot allocate memory";
      case 13 -> "permission denied";
      case 16 -> "device or resource busy";
      case 17 -> "file exists";
      case 19 -> "no such device";
      case 20 -> "not a directory";
      case 21 -> "is a directory";
      case 22 -> "invalid argument";
      case 24 -> "too many open files";
      case 26 -> "text file busy";
      case 28 -> "no space left on device";
      case 30 -> "read-only file system";
      case 36 -> "file name too long";
      case 38 -> "function not implemented";
      case 40 -> "too many levels of symbolic links";
      default -> "error number " + errno;
    };
  }
}
