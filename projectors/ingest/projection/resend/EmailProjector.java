package ingest.projection.resend;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.Revision;
import ingest.projection.Fields;
import ingest.projection.Table;
import ingest.projection.Told;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code resend.email.<status>} into {@code public.email_delivery}. */
abstract class EmailProjector {
  private final String status;

  EmailProjector(String status) {
    this.status = status;
  }

  public String source() {
    return "resend";
  }

  public String type() {
    return "resend.email." + status;
  }

  public List<Table> tables() {
    return List.of(EmailDelivery.TABLE);
  }

  public List<EmailDelivery.Row> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    Revision revision = Fields.revision(envelope);
    return List.of(
        new EmailDelivery.Row(
            Fields.required(Fields.text(data, "email_id"), envelope),
            new Told<>(new EmailDelivery.Status(status, envelope.time()), revision),
            Map.of(status, envelope.time()),
            Told.of(bounce(data), revision),
            Told.of(Fields.text(data, "failure_reason"), revision),
            Told.of(Fields.text(data, "suppression_type"), revision)));
  }

  public void write(Connection tx, List<EmailDelivery.Row> rows) throws SQLException {
    EmailDelivery.write(tx, rows);
  }

  private static EmailDelivery.@Nullable Bounce bounce(JsonNode data) {
    String type = Fields.text(data, "bounce_type");
    String subtype = Fields.text(data, "bounce_subtype");
    return type == null && subtype == null ? null : new EmailDelivery.Bounce(type, subtype);
  }
}
