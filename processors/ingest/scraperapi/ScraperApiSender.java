package ingest.scraperapi;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.kick.FollowerPage;
import ingest.mapping.Arrival;
import ingest.webhook.Sender;
import java.util.List;
import java.util.Map;

/**
 * ScraperAPI calls back with what became of a job. It signs nothing; that the token of the path is
 * ours says which job was meant, and nothing of what the body says.
 */
public final class ScraperApiSender implements Sender {
  @Override
  public String source() {
    return "scraperapi";
  }

  @Override
  public List<String> headers() {
    return List.of("content-type");
  }

  @Override
  public List<String> secrets() {
    return List.of(CallbackToken.TOKEN);
  }

  @Override
  public String signature() {
    return "";
  }

  @Override
  public Arrival.Message message(Map<String, String> headers, byte[] body) {
    return JobMessage.of(headers, body);
  }

  @Override
  public String said(Map<String, String> headers, JsonNode body) {
    return body.path("status").asText();
  }

  @Override
  public List<String> types(Map<String, String> headers, JsonNode body) {
    return body.path("status").asText().equals("finished")
        ? List.of(FinishedJob.TYPE, FollowerPage.TYPE)
        : List.of(FinishedJob.TYPE);
  }

  /** Without the address of a stream that Kick has signed. */
  @Override
  public byte[] kept(byte[] body, boolean privates) {
    return KeptPage.of(body);
  }
}
