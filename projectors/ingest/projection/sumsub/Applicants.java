package ingest.projection.sumsub;

import ingest.envelope.Envelope;
import ingest.projection.Fields;
import ingest.projection.Projector;

/** A projector for each event of an applicant; each is the event of the same name. */
public final class Applicants {
  private Applicants() {}

  /** {@code sumsub.applicant.created}. */
  public static final class Created extends ApplicantProjector implements Projector<KycStatus.Row> {
    public Created() {
      super("sumsub.applicant.created");
    }
  }

  /** {@code sumsub.applicant.pending}. */
  public static final class Pending extends ApplicantProjector implements Projector<KycStatus.Row> {
    public Pending() {
      super("sumsub.applicant.pending");
    }
  }

  /** {@code sumsub.applicant.prechecked}. */
  public static final class Prechecked extends ApplicantProjector
      implements Projector<KycStatus.Row> {
    public Prechecked() {
      super("sumsub.applicant.prechecked");
    }
  }

  /** {@code sumsub.applicant.on_hold}. */
  public static final class OnHold extends ApplicantProjector implements Projector<KycStatus.Row> {
    public OnHold() {
      super("sumsub.applicant.on_hold");
    }
  }

  /** {@code sumsub.applicant.reviewed}. */
  public static final class Reviewed extends ApplicantProjector
      implements Projector<KycStatus.Row> {
    public Reviewed() {
      super("sumsub.applicant.reviewed");
    }
  }

  /** {@code sumsub.applicant.reset}. */
  public static final class Reset extends ApplicantProjector implements Projector<KycStatus.Row> {
    public Reset() {
      super("sumsub.applicant.reset");
    }
  }

  /** {@code sumsub.applicant.level_changed}. */
  public static final class LevelChanged extends ApplicantProjector
      implements Projector<KycStatus.Row> {
    public LevelChanged() {
      super("sumsub.applicant.level_changed");
    }
  }

  /** {@code sumsub.applicant.workflow_completed}. */
  public static final class WorkflowCompleted extends ApplicantProjector
      implements Projector<KycStatus.Row> {
    public WorkflowCompleted() {
      super("sumsub.applicant.workflow_completed");
    }
  }

  /** {@code sumsub.applicant.activated}. */
  public static final class Activated extends ApplicantProjector
      implements Projector<KycStatus.Row> {
    public Activated() {
      super("sumsub.applicant.activated");
    }

    @Override
    KycStatus.Row marked(KycStatus.Row row, Envelope envelope) {
      return row.activeIs(true, Fields.revision(envelope));
    }
  }

  /** {@code sumsub.applicant.deactivated}. */
  public static final class Deactivated extends ApplicantProjector
      implements Projector<KycStatus.Row> {
    public Deactivated() {
      super("sumsub.applicant.deactivated");
    }

    @Override
    KycStatus.Row marked(KycStatus.Row row, Envelope envelope) {
      return row.activeIs(false, Fields.revision(envelope));
    }
  }

  /** {@code sumsub.applicant.deleted}. */
  public static final class Deleted extends ApplicantProjector implements Projector<KycStatus.Row> {
    public Deleted() {
      super("sumsub.applicant.deleted");
    }

    @Override
    KycStatus.Row marked(KycStatus.Row row, Envelope envelope) {
      return row.deleted(envelope.time());
    }
  }

  /** {@code sumsub.applicant.personal_data_deleted}. */
  public static final class PersonalDataDeleted extends ApplicantProjector
      implements Projector<KycStatus.Row> {
    public PersonalDataDeleted() {
      super("sumsub.applicant.personal_data_deleted");
    }

    @Override
    KycStatus.Row marked(KycStatus.Row row, Envelope envelope) {
      return row.personalDataDeleted(envelope.time());
    }
  }
}
