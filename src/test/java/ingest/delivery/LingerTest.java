package ingest.delivery;

import static ingest.delivery.Receiver.status;
import static ingest.outbox.AcmeEvents.apples;
import static org.awaitility.Awaitility.await;

import ingest.store.TestStores;
import java.time.Duration;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A lane that waits for company, ten minutes long: whoever waits at all is seen to. */
class LingerTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final int CHUNKS = 2;

  private Receiver stage;
  private Rig rig;

  @BeforeEach
  void open() throws Exception {
    stage = new Receiver(request -> status(200));
    rig = new Rig(STORES, Duration.ofMinutes(2), Rig.http("stage", stage.url(), 100));
    rig.camel.addComponent(
        "lane", new LaneComponent(rig.lanes, rig.settlement, rig.wakeUp, Duration.ofSeconds(3)));
    rig.camel.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("lane:http?workers=1&linger=600000&chunks=" + CHUNKS)
                .routeId("deliver")
                .process(rig.sender)
                .process(rig.settle);
          }
        });
  }

  @AfterEach
  void close() throws Exception {
    stage.close();
    rig.close();
  }

  @Test
  void what_a_full_claim_left_behind_is_claimed_at_once() throws Exception {
    for (int i = 0; i < 3 * CHUNKS; i++) {
      rig.commit(apples(i, 1));
    }
    rig.camel.start();
    await()
        .until(
            () ->
                STORES
                        .sql()
                        .number(
                            "SELECT count(*) FROM ingest.delivery_chunk WHERE status = 1 AND target = 'stage'")
                    == 3 * CHUNKS);
  }
}
