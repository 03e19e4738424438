@org.jspecify.annotations.NullMarked
package ingest.embedded.simulator.webhook;
