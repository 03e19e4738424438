package ingest.bench;

import io.vertx.core.Vertx;

/** The loop that senders share, as in the product. */
record SharedVertx(Vertx vertx) implements AutoCloseable {
  SharedVertx() {
    this(Vertx.vertx());
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
