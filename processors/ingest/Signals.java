package ingest;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * SIGTERM and SIGINT: the first drains, the second ends the process at once. The JVM's shutdown
 * hooks would run beside the drain and leave with 128 + signal; its signal class is not part of any
 * API, hence the reflection.
 */
final class Signals {
  private static final int AT_ONCE = 130;

  private Signals() {}

  static void onStop(Runnable drain) {
    AtomicBoolean asked = new AtomicBoolean();
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object stop =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, args) -> {
                if (method.getName().equals("handle")) {
                  if (asked.getAndSet(true)) {
                    Runtime.getRuntime().halt(AT_ONCE);
                  }
                  drain.run();
                }
                return null;
              });
      for (String name : new String[] {"TERM", "INT"}) {
        signal
            .getMethod("handle", signal, handler)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), stop);
      }
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new IllegalStateException("this JVM lets nobody handle signals", e);
    }
  }
}
