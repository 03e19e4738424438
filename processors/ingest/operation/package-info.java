/**
 * Long work that an operator begins: replays, re-queues, erasures. A row of {@code
 * ingest.operation} is one of them; whichever instance holds its lease does it page by page.
 */
@org.jspecify.annotations.NullMarked
package ingest.operation;
