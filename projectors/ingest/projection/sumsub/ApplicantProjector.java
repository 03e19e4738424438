package ingest.projection.sumsub;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.Revision;
import ingest.projection.Fields;
import ingest.projection.Table;
import ingest.projection.Told;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An event of an applicant into {@code public.kyc_status}: what all of them have in common. */
abstract class ApplicantProjector {
  private final String type;

  ApplicantProjector(String type) {
    this.type = type;
  }

  public String source() {
    return "sumsub";
  }

  public String type() {
    return type;
  }

  public List<Table> tables() {
    return List.of(KycStatus.TABLE);
  }

  public List<KycStatus.Row> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    Revision revision = Fields.revision(envelope);
    return List.of(
        marked(
            new KycStatus.Row(
                Fields.required(Fields.text(data, "applicant_id"), envelope),
                Boolean.TRUE.equals(Fields.flag(data, "sandbox")),
                Told.of(Fields.text(data, "external_user_id"), revision),
                Told.of(Fields.text(data, "applicant_type"), revision),
                Told.of(review(envelope), revision),
                null,
                null,
                null),
            envelope));
  }

  /** With what the type itself says. */
  KycStatus.Row marked(KycStatus.Row row, Envelope envelope) {
    return row;
  }

  public void write(Connection tx, List<KycStatus.Row> rows) throws SQLException {
    KycStatus.write(tx, rows);
  }

  private static KycStatus.@Nullable Review review(Envelope envelope) {
    JsonNode review = envelope.data().path("review");
    return review.isObject()
        ? new KycStatus.Review(
            Fields.required(Fields.text(review, "status"), envelope),
            Fields.text(review, "answer"),
            Fields.text(review, "reject_type"),
            Fields.text(review, "level"),
            envelope.time())
        : null;
  }
}
