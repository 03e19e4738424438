package ingest.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** The ways in which a call is broken. The same random numbers break it the same way. */
enum Mutation {
  BITS_FLIPPED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      byte[] body = call.body.clone();
      for (int i = random.nextInt(8); i >= 0 && body.length > 0; i--) {
        body[random.nextInt(body.length)] ^= (byte) (1 << random.nextInt(8));
      }
      return new Sample(call.headers, body);
    }
  },
  TRUNCATED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      return new Sample(
          call.headers, Arrays.copyOf(call.body, random.nextInt(call.body.length + 1)));
    }
  },
  SPLICED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      byte[] other = pick(others, random).body;
      ByteArrayOutputStream spliced = new ByteArrayOutputStream();
      spliced.write(call.body, 0, random.nextInt(call.body.length + 1));
      int from = random.nextInt(other.length + 1);
      spliced.write(other, from, other.length - from);
      return new Sample(call.headers, spliced.toByteArray());
    }
  },
  STRANGE_BYTES {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      int at = random.nextInt(call.body.length + 1);
      byte[] strange =
          pick(
                  List.of(
                      "\0",
                      "\u00ff\u00fe",
                      "\u00ef\u00bb\u00bf",
                      "\u00ed\u00a0\u0080",
                      "\u00c0\u0080",
                      "{\"a\":".repeat(2000),
                      "[".repeat(5000),
                      "9".repeat(5000),
                      "\"",
                      "\\u0000",
                      "\\ud800",
                      ",",
                      "}",
                      "]"),
                  random)
              .getBytes(ISO_8859_1);
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      body.write(call.body, 0, at);
      body.writeBytes(strange);
      body.write(call.body, at, call.body.length - at);
      return new Sample(call.headers, body.toByteArray());
    }
  },
  RECODED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      String text = new String(call.body, UTF_8);
      return new Sample(call.headers, text.getBytes(random.nextBoolean() ? UTF_16LE : ISO_8859_1));
    }
  },
  VALUE_REPLACED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      return inJson(
          call,
          random,
          (parent, key, chosen) -> {
            JsonNode value = value(chosen);
            if (parent instanceof ObjectNode object) {
              object.set(key, value);
            } else if (parent instanceof ArrayNode array) {
              array.set(Integer.parseInt(key), value);
            }
          });
    }
  },
  FIELD_REMOVED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      return inJson(
          call,
          random,
          (parent, key, chosen) -> {
            if (parent instanceof ObjectNode object) {
              object.remove(key);
            } else if (parent instanceof ArrayNode array) {
              array.remove(Integer.parseInt(key));
            }
          });
    }
  },
  ITEM_REPEATED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      return inJson(
          call,
          random,
          (parent, key, chosen) -> {
            if (parent instanceof ObjectNode object) {
              object.set(key.toUpperCase(Locale.ROOT), object.path(key).deepCopy());
              object.set(
                  key,
                  JSON.createArrayNode().add(object.path(key).deepCopy()).add(object.path(key)));
            } else if (parent instanceof ArrayNode array) {
              array.add(array.path(Integer.parseInt(key)).deepCopy());
            }
          });
    }
  },
  KEY_TWICE {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      String text = new String(call.body, ISO_8859_1);
      int brace = text.indexOf('{', text.isEmpty() ? 0 : random.nextInt(text.length()));
      int colon = text.indexOf(':', Math.max(0, brace));
      if (brace < 0 || colon < 0) {
        return call;
      }
      String twice =
          text.substring(0, brace + 1)
              + text.substring(brace + 1, colon)
              + ":"
              + random.nextInt()
              + ","
              + text.substring(brace + 1);
      return new Sample(call.headers, twice.getBytes(ISO_8859_1));
    }
  },
  HEADER_REMOVED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      Sample broken = new Sample(call.headers, call.body);
      broken.headers.remove(pick(names(call), random));
      return broken;
    }
  },
  HEADERS_SWAPPED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      Sample broken = new Sample(call.headers, call.body);
      String one = pick(names(call), random);
      Sample from = random.nextBoolean() ? call : pick(others, random);
      String other = pick(names(from), random);
      broken.headers.put(one, String.valueOf(from.headers.get(other)));
      if (from == call) {
        broken.headers.put(other, String.valueOf(call.headers.get(one)));
      }
      return broken;
    }
  },
  HEADER_OF_ANOTHER {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      Sample broken = new Sample(call.headers, call.body);
      Sample other = pick(others, random);
      String name = pick(names(other), random);
      broken.headers.put(name, String.valueOf(other.headers.get(name)));
      return broken;
    }
  },
  HEADER_CHANGED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      Sample broken = new Sample(call.headers, call.body);
      String name = pick(names(call), random);
      broken.headers.put(name, changed(String.valueOf(call.headers.get(name)), random));
      return broken;
    }
  },
  BODY_OF_ANOTHER {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      return new Sample(call.headers, pick(others, random).body);
    }
  },
  BODY_REPLACED {
    @Override
    Sample of(Sample call, List<Sample> others, Random random) {
      byte[] body = new byte[random.nextInt(64)];
      random.nextBytes(body);
      return new Sample(
          call.headers,
          random.nextBoolean()
              ? body
              : pick(List.of("", "null", "[]", "{}", "true", "1", "\"a\"", " ", "[{}]"), random)
                  .getBytes(UTF_8));
    }
  };

  private static final ObjectMapper JSON = new ObjectMapper();

  /** As JSON; what the library would write otherwise is written raw. */
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775809",
          "1e400",
          "1E-400",
          "1e999999999",
          "-1e-999999999",
          "0.1",
          "2147483648",
          "9".repeat(900),
          "\"\"",
          "\" \"",
          "\"0\"",
          "\"-1\"",
          "\"1e99\"",
          "\"9223372036854775808\"",
          "\"\\u0000\"",
          "\"a\\u0000b\"",
          "\"\\ud800\"",
          "\"\\udfff\\ud800\"",
          "\"\\ud83c\\udf19\"",
          "\"\\u202e\\u200f\"",
          "\"true\"",
          "\"null\"",
          "\"NaN\"",
          "\"0001-01-01T00:00:00Z\"",
          "\"9999-12-31T23:59:59.999999999Z\"",
          "\"+999999999-12-31T23:59:59Z\"",
          "\"-999999999-01-01T00:00:00Z\"",
          "\"1969-12-31T23:59:59Z\"",
          "\"2026-02-30T00:00:00Z\"",
          "\"2026-09-24 03:20:11.450\"",
          "\"2026-09-24 03:20:11+0000\"",
          "\"10889-08-02 05:31:50.656\"",
          "\"253402300800000\"",
          "281474976710656",
          "\"" + "x".repeat(70_000) + "\"",
          "[]",
          "{}",
          "[null]",
          "[[]]",
          "[{}]",
          "{\"\":null}",
          "{\"a\":{\"b\":[1]}}",
          "[".repeat(400) + "]".repeat(400),
          "[".repeat(1200) + "]".repeat(1200));

  abstract Sample of(Sample call, List<Sample> others, Random random);

  /** One to three of them, one after another. */
  static Sample broken(List<Sample> genuine, Random random) {
    Sample call = pick(genuine, random);
    for (int i = random.nextInt(3); i >= 0; i--) {
      call = pick(List.of(values()), random).of(call, genuine, random);
    }
    return call;
  }

  /** Something done to one place of a document. */
  private interface Change {
    void at(ContainerNode<?> parent, String key, int chosen);
  }

  private static Sample inJson(Sample call, Random random, Change change) {
    int place = random.nextInt(1 << 20);
    int chosen = random.nextInt(1 << 20);
    JsonNode document;
    try {
      document = JSON.readTree(call.body);
    } catch (IOException e) {
      return call; // broken before
    }
    List<ContainerNode<?>> parents = new ArrayList<>();
    List<String> keys = new ArrayList<>();
    collect(document, parents, keys);
    if (parents.isEmpty()) {
      return call;
    }
    int at = place % parents.size();
    change.at(parents.get(at), keys.get(at), chosen);
    return new Sample(call.headers, document.toString().getBytes(UTF_8));
  }

  private static void collect(JsonNode node, List<ContainerNode<?>> parents, List<String> keys) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(
              field -> {
                parents.add(object);
                keys.add(field.getKey());
                collect(field.getValue(), parents, keys);
              });
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        parents.add(array);
        keys.add(Integer.toString(i));
        collect(array.path(i), parents, keys);
      }
    }
  }

  private static JsonNode value(int chosen) {
    return JSON.getNodeFactory().rawValueNode(new RawValue(VALUES.get(chosen % VALUES.size())));
  }

  private static String changed(String value, Random random) {
    int at = random.nextInt(value.length() + 1);
    return switch (random.nextInt(9)) {
      case 0 -> value.substring(0, at);
      case 1 -> value.substring(at);
      case 2 -> value + " " + value;
      case 3 -> value + ", " + value;
      case 4 -> value.toUpperCase(Locale.ROOT);
      case 5 -> value.substring(0, at) + (char) random.nextInt(1 << 16) + value.substring(at);
      case 6 -> pick(List.of("", " ", "\0", "\ud800", "é", "v1,", "sha256=", "."), random);
      case 7 -> value.repeat(1 + random.nextInt(30));
      default -> {
        char[] characters = value.toCharArray();
        if (characters.length > 0) {
          characters[random.nextInt(characters.length)] ^= (char) (1 << random.nextInt(7));
        }
        yield new String(characters);
      }
    };
  }

  private static List<String> names(Sample call) {
    return call.headers.isEmpty() ? List.of("") : List.copyOf(call.headers.keySet());
  }

  private static <T> T pick(List<T> from, Random random) {
    return from.get(random.nextInt(from.size()));
  }
}
