package ingest.erasure;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;

/** The objects of the chat export, by the names that it gave them. */
public interface ChatObjects {
  /** Names behind one, in their order, at most so many. */
  List<String> after(String name, int most) throws IOException;

  byte[] read(String name) throws IOException;

  /** Puts other bytes in the place of an object's; who reads sees the old or the new. */
  void replace(String name, byte[] bytes) throws IOException;

  /** Drops what an export that was killed has left half written. */
  default void dropUnfinished() throws IOException {}

  /** Below a folder; without one, none. */
  static ChatObjects in(Path folder) {
    return new InFolder(folder);
  }

  /** In a bucket, names behind {@code prefix}. */
  static ChatObjects in(S3Client bucket, String name, String prefix) {
    return new InBucket(bucket, name, prefix);
  }

  /** As the export writes them: whole, under a name with a dot in front, then renamed. */
  record InFolder(Path folder) implements ChatObjects {
    private static final Duration UNFINISHED = Duration.ofMinutes(10);

    @Override
    public List<String> after(String name, int most) throws IOException {
      try (Stream<Path> files = Files.walk(folder)) {
        return files
            .filter(Files::isRegularFile)
            .map(f -> folder.relativize(f).toString().replace('\\', '/'))
            .filter(n -> n.endsWith(".ndjson.gz") && !unfinished(n) && n.compareTo(name) > 0)
            .sorted()
            .limit(most)
            .toList();
      } catch (NoSuchFileException e) {
        return List.of();
      }
    }

    private static boolean unfinished(String name) {
      return name.substring(name.lastIndexOf('/') + 1).startsWith(".");
    }

    /** Whoever writes one takes seconds. */
    @Override
    public void dropUnfinished() throws IOException {
      if (!Files.isDirectory(folder)) {
        return;
      }
      Instant old = Instant.now().minus(UNFINISHED);
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          if (unfinished(String.valueOf(file.getFileName()))
              && Files.getLastModifiedTime(file).toInstant().isBefore(old)) {
            Files.deleteIfExists(file);
          }
        }
      }
    }

    @Override
    public byte[] read(String name) throws IOException {
      return Files.readAllBytes(folder.resolve(name));
    }

    @Override
    public void replace(String name, byte[] bytes) throws IOException {
      Path file = folder.resolve(name);
      Path aside = file.resolveSibling("." + file.getFileName());
      try (FileChannel channel =
          FileChannel.open(
              aside,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        channel.force(true);
      }
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Where the bucket keeps versions, the old ones stay until it drops them. */
  record InBucket(S3Client bucket, String name, String prefix) implements ChatObjects {
    @Override
    public List<String> after(String behind, int most) {
      return bucket
          .listObjectsV2(
              r -> r.bucket(name).prefix(prefix).startAfter(prefix + behind).maxKeys(most))
          .contents()
          .stream()
          .map(S3Object::key)
          .map(key -> key.substring(prefix.length()))
          .toList();
    }

    @Override
    public byte[] read(String object) throws IOException {
      try (ResponseInputStream<GetObjectResponse> in =
          bucket.getObject(r -> r.bucket(name).key(prefix + object))) {
        return in.readAllBytes();
      }
    }

    @Override
    public void replace(String object, byte[] bytes) {
      bucket.putObject(
          r -> r.bucket(name).key(prefix + object).contentType("application/gzip"),
          RequestBody.fromBytes(bytes));
    }
  }
}
