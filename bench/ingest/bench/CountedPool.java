package ingest.bench;

import com.zaxxer.hikari.HikariDataSource;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The product's pool, whose connections count the statements that are executed on them; BEGIN and
 * COMMIT, which are the driver's, are not among them.
 */
final class CountedPool extends HikariDataSource {
  private final HikariDataSource pool;
  private final LongAdder executed;

  CountedPool(HikariDataSource pool, LongAdder executed) {
    this.pool = pool;
    this.executed = executed;
    pool.copyStateTo(this);
  }

  @Override
  public Connection getConnection() throws SQLException {
    return counted(Connection.class, pool.getConnection());
  }

  @Override
  public void close() {
    pool.close();
  }

  private <T> T counted(Class<T> as, T of) {
    InvocationHandler handler =
        (proxy, method, arguments) -> told(method, invoke(of, method, arguments));
    return as.cast(Proxy.newProxyInstance(as.getClassLoader(), new Class<?>[] {as}, handler));
  }

  private @Nullable Object told(Method method, @Nullable Object result) {
    if (method.getName().startsWith("execute")) {
      executed.add(result instanceof int[] batch ? batch.length : 1);
    }
    if (result instanceof CallableStatement statement) {
      return counted(CallableStatement.class, statement);
    }
    if (result instanceof PreparedStatement statement) {
      return counted(PreparedStatement.class, statement);
    }
    return result instanceof Statement statement ? counted(Statement.class, statement) : result;
  }

  @SuppressWarnings("NullAway") // a proxy's arguments are null where there are none
  private static @Nullable Object invoke(
      Object on, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
