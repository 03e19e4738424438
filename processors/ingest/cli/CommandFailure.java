package ingest.cli;

/** A command cannot do what it was asked; its message is all that the caller is told. */
class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  CommandFailure(String message) {
    super(message);
  }

  /** The caller has to ask otherwise. */
  static final class Misuse extends CommandFailure {
    private static final long serialVersionUID = 1;

    Misuse(String message) {
      super(message);
    }
  }

  /** Nothing listens at the address. */
  static final class NobodyThere extends CommandFailure {
    private static final long serialVersionUID = 1;

    NobodyThere(String message) {
      super(message);
    }
  }

  /** The answer was lost, or the ingest is busy: what is asked again may well be done. */
  static final class Passing extends CommandFailure {
    private static final long serialVersionUID = 1;

    Passing(String message) {
      super(message);
    }
  }
}
