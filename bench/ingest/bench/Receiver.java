package ingest.bench;

import java.net.URI;

/** Who is delivered to. */
interface Receiver extends AutoCloseable {
  String name();

  /** Where events are posted. */
  URI url();

  /** Forgets what it has had. */
  void reset() throws Exception;

  /**
   * Holds what it has had since the reset against what was sent.
   *
   * @param events the first so many, each once
   * @throws Unbalanced when that is not what it has
   */
  void check(int events) throws Exception;

  @Override
  void close();
}
