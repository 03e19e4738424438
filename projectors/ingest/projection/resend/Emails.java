package ingest.projection.resend;

import ingest.projection.Projector;

/** A projector for each event of an e-mail; each is the event of the same name. */
public final class Emails {
  private Emails() {}

  /** {@code resend.email.scheduled}. */
  public static final class Scheduled extends EmailProjector
      implements Projector<EmailDelivery.Row> {
    public Scheduled() {
      super("scheduled");
    }
  }

  /** {@code resend.email.sent}. */
  public static final class Sent extends EmailProjector implements Projector<EmailDelivery.Row> {
    public Sent() {
      super("sent");
    }
  }

  /** {@code resend.email.delivered}. */
  public static final class Delivered extends EmailProjector
      implements Projector<EmailDelivery.Row> {
    public Delivered() {
      super("delivered");
    }
  }

  /** {@code resend.email.delivery_delayed}. */
  public static final class DeliveryDelayed extends EmailProjector
      implements Projector<EmailDelivery.Row> {
    public DeliveryDelayed() {
      super("delivery_delayed");
    }
  }

  /** {@code resend.email.bounced}. */
  public static final class Bounced extends EmailProjector implements Projector<EmailDelivery.Row> {
    public Bounced() {
      super("bounced");
    }
  }

  /** {@code resend.email.complained}. */
  public static final class Complained extends EmailProjector
      implements Projector<EmailDelivery.Row> {
    public Complained() {
      super("complained");
    }
  }

  /** {@code resend.email.opened}. */
  public static final class Opened extends EmailProjector implements Projector<EmailDelivery.Row> {
    public Opened() {
      super("opened");
    }
  }

  /** {@code resend.email.clicked}. */
  public static final class Clicked extends EmailProjector implements Projector<EmailDelivery.Row> {
    public Clicked() {
      super("clicked");
    }
  }

  /** {@code resend.email.failed}. */
  public static final class Failed extends EmailProjector implements Projector<EmailDelivery.Row> {
    public Failed() {
      super("failed");
    }
  }

  /** {@code resend.email.suppressed}. */
  public static final class Suppressed extends EmailProjector
      implements Projector<EmailDelivery.Row> {
    public Suppressed() {
      super("suppressed");
    }
  }
}
