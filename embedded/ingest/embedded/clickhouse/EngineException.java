package ingest.embedded.clickhouse;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The engine refused a statement, or this layer did in its name. */
final class EngineException extends Exception {
  private static final long serialVersionUID = 1;

  /** ClickHouse's numbers of the errors that this layer itself gives. */
  static final int NOT_IMPLEMENTED = 48;

  static final int BAD_ARGUMENTS = 36;
  static final int UNKNOWN_SETTING = 115;
  static final int TOO_LARGE_STRING_SIZE = 131;
  static final int UNKNOWN_EXCEPTION = 1002;

  private static final Pattern CODE = Pattern.compile("Code: (\\d+)\\.");

  private final int code;

  /** An error of the engine, its number taken from its text. */
  EngineException(String text) {
    super(text);
    Matcher matcher = CODE.matcher(text);
    this.code = matcher.find() ? Integer.parseInt(matcher.group(1)) : UNKNOWN_EXCEPTION;
  }

  EngineException(int code, String what, String name) {
    this("Code: %d. DB::Exception: %s. (%s)".formatted(code, what, name));
  }

  int code() {
    return code;
  }

  String text() {
    return String.valueOf(getMessage());
  }

  /** The status that ClickHouse's server gives to an error of this kind. */
  int httpStatus() {
    return switch (code) {
      case 6, 26, 27, 33, 36, 38, 41, 53, 62, 63, 70, 72, 73, 115, 117, 130, 131, 456, 457 -> 400;
      case 46, 47, 50, 60, 81, 82 -> 404;
      case 159, 160 -> 408;
      case 48 -> 501;
      default -> 500;
    };
  }
}
