package ingest.trial;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.model.LogDefinition;
import org.apache.camel.model.OptionalIdentifiedDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.SendDefinition;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.AsyncProcessorConverterHelper;
import org.jspecify.annotations.Nullable;

/**
 * Stands around every step of the routes: notes what was reached and what failed, answers SQL steps
 * whose rows are given, and lets nothing run once the trial has ended.
 */
final class Steps implements InterceptStrategy {
  private static final ThreadLocal<Step> CURRENT = ThreadLocal.withInitial(() -> Step.NONE);
  private static final Pattern PARAMETER =
      Pattern.compile(":#(?:\\$\\{(?:header|headers)\\.)?([A-Za-z_][A-Za-z0-9_]*)");

  private final Journal journal;
  private final Given given;
  private final boolean database;

  /** A failure passes every step around the one where it began. */
  private final Set<Throwable> told = Collections.newSetFromMap(new IdentityHashMap<>());

  Steps(Journal journal, Given given, boolean database) {
    this.journal = journal;
    this.given = given;
    this.database = database;
  }

  /** The step that this thread is in. */
  static Step current() {
    return Objects.requireNonNull(CURRENT.get());
  }

  @Override
  public Processor wrapProcessorInInterceptors(
      CamelContext context, NamedNode definition, Processor target, @Nullable Processor next) {
    String route = ProcessorDefinitionHelper.getRouteId(definition);
    Step step = new Step(route == null ? "" : route, String.valueOf(definition.getId()));
    boolean named =
        definition instanceof OptionalIdentifiedDefinition<?> own && own.hasCustomIdAssigned();
    String sql = sql(context, definition);
    return AsyncProcessorConverterHelper.convert(
        exchange -> around(step, named, definition, sql, target, exchange));
  }

  private void around(
      Step step,
      boolean named,
      NamedNode definition,
      @Nullable String sql,
      Processor target,
      Exchange exchange) {
    if (journal.ended().isPresent()) {
      stop(exchange);
      return;
    }
    Step before = current();
    CURRENT.set(step);
    try {
      if (named) {
        journal.add(new Entry.Reached(step));
      }
      if (definition instanceof LogDefinition log) {
        journal.add(logged(step, log, exchange));
      } else if (sql == null) {
        target.process(exchange);
      } else {
        query(step, sql, target, exchange);
      }
    } catch (Exception e) {
      exchange.setException(e);
    } finally {
      CURRENT.set(before);
    }
    if (journal.ended().isPresent()) {
      stop(exchange);
    } else {
      tell(step, exchange.getException());
    }
  }

  /** The line is told with the rest of the trial, not in a log beside it. */
  private static Entry.Logged logged(Step step, LogDefinition log, Exchange exchange) {
    String text =
        exchange
            .getContext()
            .resolveLanguage("simple")
            .createExpression(exchange.getContext().resolvePropertyPlaceholders(log.getMessage()))
            .evaluate(exchange, String.class);
    return new Entry.Logged(
        step, log.getLoggingLevel() == null ? "INFO" : log.getLoggingLevel(), text);
  }

  private static void stop(Exchange exchange) {
    exchange.setException(null);
    exchange.setRouteStop(true);
  }

  private synchronized void tell(Step step, @Nullable Throwable failure) {
    boolean known = false;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      known |= !told.add(cause);
    }
    if (failure != null && !known) {
      journal.add(new Entry.Failed(step, failure));
    }
  }

  private void query(Step step, String sql, Processor target, Exchange exchange) throws Exception {
    Map<String, String> values = values(sql, exchange);
    Optional<List<Map<String, Object>>> rows = given.rows(step);
    if (rows.isPresent()) {
      exchange.getMessage().setBody(rows.get());
      exchange.getMessage().setHeader("CamelSqlRowCount", rows.get().size());
      journal.add(new Entry.Queried(step, sql, values, rows.get().size(), true));
      return;
    }
    if (!database) {
      journal.end(
          "%s runs %s on the dm database and none is reached: start bin/ingest run, set DM_DATABASE_URL, or give its rows"
              .formatted(step, sql));
      return;
    }
    exchange.getMessage().removeHeaders("CamelSql*");
    target.process(exchange);
    if (exchange.getException() == null) {
      Long count =
          exchange
              .getMessage()
              .getHeader(
                  "CamelSqlUpdateCount",
                  exchange.getMessage().getHeader("CamelSqlRowCount"),
                  Long.class);
      journal.add(new Entry.Queried(step, sql, values, count == null ? 0 : count, false));
    }
  }

  /** What the statement's {@code :#name} parameters are bound to. */
  private static Map<String, String> values(String sql, Exchange exchange) {
    Map<String, String> values = new TreeMap<>();
    Matcher names = PARAMETER.matcher(text(sql));
    while (names.find()) {
      String name = names.group(1);
      Object value =
          exchange.getMessage().getBody() instanceof Map<?, ?> body && body.containsKey(name)
              ? body.get(name)
              : exchange.getMessage().getHeader(name);
      values.put(name, String.valueOf(value));
    }
    return values;
  }

  /** The statement, of its file where it has one. */
  private static String text(String sql) {
    if (!sql.endsWith(".sql")) {
      return sql;
    }
    try {
      return Files.readString(Path.of(sql));
    } catch (java.io.IOException e) {
      return ""; // the step tells it
    }
  }

  /** The statement of a SQL step, or its file; null for any other step. */
  private static @Nullable String sql(CamelContext context, NamedNode definition) {
    if (!(definition instanceof SendDefinition<?> send) || send.getUri() == null) {
      return null;
    }
    String uri = context.resolvePropertyPlaceholders(send.getUri());
    if (!uri.startsWith("sql:")) {
      return null;
    }
    return uri.replaceFirst("^sql:(//)?(file:)?", "").replaceFirst("\\?.*", "");
  }
}
