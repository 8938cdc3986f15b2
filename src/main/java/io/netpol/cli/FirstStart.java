package io.netpol.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;
import org.apache.camel.util.function.ThrowingConsumer;

/**
 * Runs an action when a context starts, once. Camel calls the start-up listeners of a context again
 * whenever a route is added or started later.
 */
final class FirstStart implements StartupListener {

  private final AtomicBoolean ran = new AtomicBoolean();
  private final ThrowingConsumer<CamelContext, Exception> action;

  private FirstStart(ThrowingConsumer<CamelContext, Exception> action) {
    this.action = action;
  }

  /** Registers an action for a context that has not started. */
  static void of(CamelContext context, ThrowingConsumer<CamelContext, Exception> action)
      throws Exception {
    context.addStartupListener(new FirstStart(action));
  }

  @Override
  public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) throws Exception {
    if (!ran.getAndSet(true)) {
      action.accept(context);
    }
  }
}
