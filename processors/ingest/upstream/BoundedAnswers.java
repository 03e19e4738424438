package ingest.upstream;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import org.apache.camel.CamelContext;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.camel.component.http.HttpComponent;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;

/**
 * Bounds what upstreams answer, of errors too: camel-http reads every body whole into memory and
 * waits for each of its bytes anew, so one without an end would be the end of the process, and one
 * that trickles would outlast the claim it was asked for. The bytes are counted as they are read,
 * after decompression.
 */
public final class BoundedAnswers implements HttpClientConfigurer {
  /** Well below the shortest lease. */
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private final long most;
  private final Duration longest;

  /** Bodies of up to {@code most} bytes. */
  public BoundedAnswers(long most) {
    this(most, LONGEST);
  }

  BoundedAnswers(long most, Duration longest) {
    this.most = most;
    this.longest = longest;
  }

  /** For every {@code http:} and {@code https:} endpoint of a context, before it has any. */
  public void install(CamelContext camel) {
    for (String scheme : new String[] {"http", "https"}) {
      camel.getComponent(scheme, HttpComponent.class).setHttpClientConfigurer(this);
    }
  }

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    client.addExecInterceptorFirst("bounded-answers", this::execute);
  }

  private ClassicHttpResponse execute(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    ClassicHttpResponse answer = chain.proceed(request, scope);
    HttpEntity entity = answer.getEntity();
    if (entity != null) {
      answer.setEntity(new Bounded(entity, scope.execRuntime));
    }
    return answer;
  }

  private final class Bounded extends HttpEntityWrapper {
    private final ExecRuntime connection;
    private final long until = System.nanoTime() + longest.toNanos();

    Bounded(HttpEntity entity, ExecRuntime connection) {
      super(entity);
      this.connection = connection;
    }

    @Override
    public InputStream getContent() throws IOException {
      return new Counted(
          Objects.requireNonNullElseGet(super.getContent(), InputStream::nullInputStream), this);
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      AbstractHttpEntity.writeTo(this, out);
    }

    void check(long read) throws IOException {
      if (read > most) {
        throw letGo("more than %d bytes".formatted(most));
      }
      if (System.nanoTime() - until > 0) {
        throw letGo("not whole after %d s".formatted(longest.toSeconds()));
      }
    }

    /** Ends the connection: whoever closes the body would otherwise read the rest of it first. */
    private AnswerOutOfBounds letGo(String bound) {
      connection.discardEndpoint();
      return new AnswerOutOfBounds(bound);
    }
  }

  private static final class Counted extends FilterInputStream {
    private final Bounded bounds;
    private long read;

    Counted(InputStream body, Bounded bounds) {
      super(body);
      this.bounds = bounds;
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      if (one >= 0) {
        bounds.check(++read);
      }
      return one;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int some = super.read(into, from, length);
      if (some > 0) {
        read += some;
        bounds.check(read);
      }
      return some;
    }

    @Override
    public long skip(long wanted) throws IOException {
      long some = super.skip(wanted);
      read += some;
      bounds.check(read);
      return some;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
