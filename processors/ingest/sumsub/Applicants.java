package ingest.sumsub;

import ingest.mapping.Mapper;

/**
 * The webhooks that the KYC status of an applicant is made of, a mapper each. Those of actions,
 * video idents, transactions and cases change none, nor do tags and personal details: they stay
 * unmapped.
 */
public final class Applicants {
  private Applicants() {}

  /** An applicant was created. */
  public static final class Created extends ApplicantMapper implements Mapper {
    public Created() {
      super("sumsub.applicant.created", true);
    }
  }

  /** An applicant's documents are to be reviewed. */
  public static final class Pending extends ApplicantMapper implements Mapper {
    public Pending() {
      super("sumsub.applicant.pending", true);
    }
  }

  /** The first automatic checks of an applicant are over. */
  public static final class Prechecked extends ApplicantMapper implements Mapper {
    public Prechecked() {
      super("sumsub.applicant.prechecked", true);
    }
  }

  /** The review of an applicant waits. */
  public static final class OnHold extends ApplicantMapper implements Mapper {
    public OnHold() {
      super("sumsub.applicant.on_hold", true);
    }
  }

  /** The review of an applicant has an answer. */
  public static final class Reviewed extends ApplicantMapper implements Mapper {
    public Reviewed() {
      super("sumsub.applicant.reviewed", true);
    }
  }

  /** The review of an applicant was begun again. */
  public static final class Reset extends ApplicantMapper implements Mapper {
    public Reset() {
      super("sumsub.applicant.reset", true);
    }
  }

  /** An applicant was moved to another level. */
  public static final class LevelChanged extends ApplicantMapper implements Mapper {
    public LevelChanged() {
      super("sumsub.applicant.level_changed", true);
    }
  }

  /** An applicant's workflow has come to its end. */
  public static final class WorkflowCompleted extends ApplicantMapper implements Mapper {
    public WorkflowCompleted() {
      super("sumsub.applicant.workflow_completed", true);
    }
  }

  /** An applicant was made active again. */
  public static final class Activated extends ApplicantMapper implements Mapper {
    public Activated() {
      super("sumsub.applicant.activated", false);
    }
  }

  /** An applicant was made inactive. */
  public static final class Deactivated extends ApplicantMapper implements Mapper {
    public Deactivated() {
      super("sumsub.applicant.deactivated", false);
    }
  }

  /** An applicant was deleted. */
  public static final class Deleted extends ApplicantMapper implements Mapper {
    public Deleted() {
      super("sumsub.applicant.deleted", false);
    }
  }

  /** The personal data of an applicant was deleted at Sumsub. */
  public static final class PersonalDataDeleted extends ApplicantMapper implements Mapper {
    public PersonalDataDeleted() {
      super("sumsub.applicant.personal_data_deleted", false);
    }
  }
}
