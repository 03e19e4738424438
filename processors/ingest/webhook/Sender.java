package ingest.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.mapping.Arrival;
import java.util.List;
import java.util.Map;

/**
 * What the calls of one sender look like. Pure and total. Found by scanning, so an implementation
 * needs a public constructor without arguments; used by several threads. Headers are by name in
 * lower case.
 */
public interface Sender {
  String source();

  /** Names of the headers that are kept with the body, in lower case; the signature's is one. */
  List<String> headers();

  /** Names of what the scheme needs and nobody keeps: a token of the path. */
  default List<String> secrets() {
    return List.of();
  }

  /** The header that signs the call, in lower case; empty where none does. */
  String signature();

  /** The identity of the message: of what its signature covers, never of what it does not. */
  Arrival.Message message(Map<String, String> headers, byte[] body);

  /** What the sender itself calls the type; empty where it does not say. */
  String said(Map<String, String> headers, JsonNode body);

  /**
   * The types of this product that a verified call is of: each has a {@link ingest.mapping.Mapper},
   * which is given the whole body. What no schema registers, and a call of no type at all, is kept
   * as {@code <source>.unmapped}.
   */
  List<String> types(Map<String, String> headers, JsonNode body);

  /**
   * What is kept of a body for the archive: all of it, unless the sender sends what is private.
   *
   * @param privates whether events of private types are on for this sender
   */
  default byte[] kept(byte[] body, boolean privates) {
    return body;
  }
}
