package ingest.trial;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Mask;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/** Tells a trial: as lines while it runs, or as one JSON document when it is over. */
public final class Telling {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A whole page in an error would tell nothing more. */
  private static final int LONGEST = 500;

  private final Mask mask;

  public Telling(Mask mask) {
    this.mask = mask;
  }

  /** One entry, for a person. */
  public void line(Entry entry, PrintWriter out) {
    if (entry instanceof Entry.Reached at) {
      out.println(at.step().route() + "  " + at.step().id());
    } else if (entry instanceof Entry.Requested request) {
      request(request, out);
    } else if (entry instanceof Entry.Queried query) {
      out.printf(
          "    %s: %d rows, %s%n",
          mask.text(query.statement()), query.rows(), query.given() ? "given" : "rolled back");
    } else if (entry instanceof Entry.Committed commit) {
      commit(commit, out);
    } else if (entry instanceof Entry.Failed failed) {
      out.println("    failed: " + reason(failed.cause()));
    } else if (entry instanceof Entry.Retried again) {
      out.println("    " + retry(again));
    } else if (entry instanceof Entry.Logged logged) {
      out.println("    log " + logged.level() + ": " + mask.text(logged.text()));
    } else if (entry instanceof Entry.NotCalled not) {
      out.println("    not called: " + mask.text(not.uri()));
    }
    out.flush();
  }

  private void request(Entry.Requested request, PrintWriter out) {
    out.println("    " + request.method() + " " + mask.text(request.url()));
    request.headers().forEach((n, v) -> out.println("      " + n + ": " + mask.header(n, v)));
    out.println(
        "    "
            + (request.status() == 0
                ? "not sent"
                : "answered %d, %s".formatted(request.status(), request.by())));
  }

  private static void commit(Entry.Committed commit, PrintWriter out) {
    out.printf(
        "    %s %d events%n",
        commit.handedBack() ? "hands back" : "would commit", commit.events().size());
    for (Entry.Event event : commit.events()) {
      event.json().toPrettyString().lines().forEach(l -> out.println("      " + l));
      if (event.error() != null) {
        out.println("      OFF ITS SCHEMA: " + event.error());
      }
      if (event.duplicate() != null) {
        out.println("      a duplicate: " + event.duplicate());
      }
    }
    if (commit.error() != null) {
      out.println("    REFUSED: " + commit.error());
    }
    if (!commit.effects().isEmpty()) {
      out.println("    effects, not written: " + String.join(", ", commit.effects()));
    }
    if (!commit.compared()) {
      out.println("    not compared with the outbox: no dm database is reached");
    }
  }

  private static String retry(Entry.Retried again) {
    return "the error policy tries again, try %d%s"
        .formatted(
            again.attempt() + 1,
            again.waits() == null ? "" : "; a run waits %d ms before".formatted(again.waits()));
  }

  /** What failed and why, on one line and without secrets. */
  public String reason(Throwable cause) {
    String text =
        mask.text(
            (cause.getClass().getSimpleName() + ": " + cause.getMessage())
                .replaceAll("\\p{Cntrl}+", " "));
    return text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
  }

  /** What came of it, for a person. */
  public void end(Journal journal, PrintWriter out) {
    journal.reply().filter(r -> r.status() > 0).ifPresent(r -> reply(r, out));
    out.println();
    List<Entry.Event> events =
        journal.all(Entry.Committed.class).stream().flatMap(c -> c.events().stream()).toList();
    out.printf(
        "%d requests, %d events (%d off their schema, %d duplicates), %d failures%n",
        journal.all(Entry.Requested.class).size(),
        events.size(),
        events.stream().filter(e -> e.error() != null).count(),
        events.stream().filter(e -> e.duplicate() != null).count(),
        journal.failures().size());
    if (events.isEmpty()
        && journal.all(Entry.Queried.class).stream().allMatch(q -> q.rows() == 0)
        && !journal.all(Entry.Queried.class).isEmpty()
        && journal.failures().isEmpty()) {
      out.println("no step of SQL answered a row: nothing is due; give rows with --rows FILE");
    }
    out.flush();
  }

  private void reply(Journal.Reply reply, PrintWriter out) {
    out.println("answer " + reply.status());
    reply.headers().forEach((n, v) -> out.println("  " + n + ": " + mask.header(n, v)));
    if (reply.body() != null) {
      mask.text(reply.body()).lines().forEach(l -> out.println("  " + l));
    }
  }

  /** What is wrong, each with its route and step; empty when nothing is. */
  public List<String> problems(Journal journal) {
    List<String> problems = new java.util.ArrayList<>();
    journal.ended().map(mask::text).ifPresent(problems::add);
    journal.failures().forEach(f -> problems.add(f.step() + ": " + reason(f.cause())));
    journal.schemaErrors().stream()
        .filter(e -> problems.stream().noneMatch(p -> p.contains(e)))
        .forEach(problems::add);
    return problems;
  }

  /** All of it. */
  public ObjectNode json(String route, Journal journal) {
    ObjectNode document = JSON.createObjectNode();
    document.put("route", route);
    ArrayNode entries = document.putArray("entries");
    journal.entries().forEach(e -> json(e, entries.addObject()));
    journal.reply().ifPresent(r -> json(r, document.putObject("reply")));
    ArrayNode problems = document.putArray("problems");
    problems(journal).forEach(problems::add);
    return document;
  }

  private void json(Journal.Reply reply, ObjectNode node) {
    if (reply.status() > 0) {
      node.put("status", reply.status());
    }
    json(reply.headers(), node.putObject("headers"));
    if (reply.body() != null) {
      node.put("body", mask.text(reply.body()));
    }
  }

  private void json(Map<String, String> headers, ObjectNode node) {
    headers.forEach((name, value) -> node.put(name, mask.header(name, value)));
  }

  private void json(Entry entry, ObjectNode node) {
    node.put("kind", entry.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT));
    node.put("route", entry.step().route()).put("step", entry.step().id());
    if (entry instanceof Entry.Requested request) {
      node.put("method", request.method()).put("url", mask.text(request.url()));
      json(request.headers(), node.putObject("headers"));
      node.put("status", request.status()).put("by", request.by());
    } else if (entry instanceof Entry.Queried query) {
      node.put("statement", mask.text(query.statement())).put("rows", query.rows());
      json(query.values(), node.putObject("values"));
      node.put("by", query.given() ? "given" : "database, rolled back");
    } else if (entry instanceof Entry.Committed commit) {
      json(commit, node);
    } else if (entry instanceof Entry.Failed failed) {
      node.put("error", reason(failed.cause()));
    } else if (entry instanceof Entry.Retried again) {
      node.put("try", again.attempt() + 1);
      if (again.waits() != null) {
        node.put("waits_ms", again.waits());
      }
    } else if (entry instanceof Entry.Logged logged) {
      node.put("level", logged.level()).put("text", mask.text(logged.text()));
    } else if (entry instanceof Entry.NotCalled not) {
      node.put("uri", mask.text(not.uri()));
    }
  }

  private static void json(Entry.Committed commit, ObjectNode node) {
    ArrayNode events = node.putArray("events");
    for (Entry.Event event : commit.events()) {
      ObjectNode told = events.addObject();
      told.set("envelope", event.json());
      told.put("error", event.error());
      told.put("duplicate", event.duplicate());
    }
    ArrayNode effects = node.putArray("effects");
    commit.effects().forEach(effects::add);
    if (commit.error() != null) {
      node.put("error", commit.error());
    }
    node.put("compared", commit.compared()).put("handed_back", commit.handedBack());
  }
}
