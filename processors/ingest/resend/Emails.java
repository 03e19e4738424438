package ingest.resend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Mapper;

/**
 * The webhooks that the delivery of an e-mail is made of, a mapper each. E-mails that we receive,
 * contacts, domains and suppressions stay unmapped: no table has them.
 */
public final class Emails {
  private Emails() {}

  /** An e-mail was scheduled. */
  public static final class Scheduled extends EmailMapper implements Mapper {
    public Scheduled() {
      super("resend.email.scheduled");
    }
  }

  /** An e-mail was handed over to be delivered. */
  public static final class Sent extends EmailMapper implements Mapper {
    public Sent() {
      super("resend.email.sent");
    }
  }

  /** An e-mail has reached the mail server of a recipient. */
  public static final class Delivered extends EmailMapper implements Mapper {
    public Delivered() {
      super("resend.email.delivered");
    }
  }

  /** An e-mail could not be delivered yet. */
  public static final class DeliveryDelayed extends EmailMapper implements Mapper {
    public DeliveryDelayed() {
      super("resend.email.delivery_delayed");
    }
  }

  /** The mail server of a recipient refused an e-mail. */
  public static final class Bounced extends EmailMapper implements Mapper {
    public Bounced() {
      super("resend.email.bounced");
    }

    @Override
    void why(JsonNode email, ObjectNode data) {
      putWord(data, "bounce_type", email, "bounce", "type");
      putWord(data, "bounce_subtype", email, "bounce", "subType");
    }
  }

  /** A recipient called an e-mail spam. */
  public static final class Complained extends EmailMapper implements Mapper {
    public Complained() {
      super("resend.email.complained");
    }
  }

  /** An e-mail was opened. */
  public static final class Opened extends EmailMapper implements Mapper {
    public Opened() {
      super("resend.email.opened");
    }
  }

  /** A link of an e-mail was clicked. */
  public static final class Clicked extends EmailMapper implements Mapper {
    public Clicked() {
      super("resend.email.clicked");
    }
  }

  /** An e-mail could not be sent. */
  public static final class Failed extends EmailMapper implements Mapper {
    public Failed() {
      super("resend.email.failed");
    }

    @Override
    void why(JsonNode email, ObjectNode data) {
      putWord(data, "failure_reason", email, "failed", "reason");
    }
  }

  /** An e-mail was not sent, since its recipient is suppressed. */
  public static final class Suppressed extends EmailMapper implements Mapper {
    public Suppressed() {
      super("resend.email.suppressed");
    }

    @Override
    void why(JsonNode email, ObjectNode data) {
      putWord(data, "suppression_type", email, "suppressed", "type");
    }
  }
}
