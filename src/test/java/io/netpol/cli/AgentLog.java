package io.netpol.cli;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Property;

/** What agents in this JVM log at info and above, until it is closed. */
final class AgentLog implements AutoCloseable {

  private final Lines appender = new Lines();
  private final Logger logger;
  private final Level level;
  private final Level before;

  private AgentLog(String logger, Level level) {
    this.logger = (Logger) LogManager.getLogger(logger);
    this.level = level;
    before = this.logger.getLevel();
  }

  private final class Lines extends AbstractAppender {
    private final List<String> all = new CopyOnWriteArrayList<>();
    private final List<String> warnings = new CopyOnWriteArrayList<>();

    Lines() {
      super("lines", null, null, true, Property.EMPTY_ARRAY);
    }

    @Override
    public void append(LogEvent event) {
      if (event.getLevel().isMoreSpecificThan(level)) {
        all.add(event.getMessage().getFormattedMessage());
      }
      if (event.getLevel().isMoreSpecificThan(Level.WARN)) {
        warnings.add(event.getMessage().getFormattedMessage());
      }
    }
  }

  static AgentLog capture() {
    return capture("io.netpol", Level.INFO);
  }

  /** Captures what a logger says at a level and above. */
  static AgentLog capture(String logger, Level level) {
    AgentLog log = new AgentLog(logger, level);
    log.appender.start();
    Configurator.setLevel(logger, level);
    log.logger.addAppender(log.appender);
    return log;
  }

  /** The messages so far. */
  List<String> lines() {
    return List.copyOf(appender.all);
  }

  /** Those of them that are warnings or errors. */
  List<String> warnings() {
    return List.copyOf(appender.warnings);
  }

  /** How many tell of an apply that wrote something. */
  long applies() {
    return lines().stream().filter(line -> line.startsWith("applied in ")).count();
  }

  @Override
  public void close() {
    logger.removeAppender(appender);
    Configurator.setLevel(logger.getName(), before);
  }
}
