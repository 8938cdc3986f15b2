package io.netpol.cli;

import java.util.List;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.ConsoleAppender;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.layout.template.json.JsonTemplateLayout;

/**
 * Makes the log on the console JSON, one object a line, with the fields of the Elastic Common
 * Schema. Levels, and appenders that write elsewhere, stay as they are configured.
 */
final class JsonLog {

  private static final String TEMPLATE = "classpath:EcsLayout.json";

  private JsonLog() {}

  static void use(LoggerContext context) {
    Configuration configuration = context.getConfiguration();
    LoggerConfig root = configuration.getRootLogger();
    for (Appender old : List.copyOf(root.getAppenders().values())) {
      if (old instanceof ConsoleAppender console) {
        Appender json =
            ConsoleAppender.newBuilder()
                .setName(old.getName() + "-json")
                .setTarget(console.getTarget())
                .setLayout(
                    JsonTemplateLayout.newBuilder()
                        .setConfiguration(configuration)
                        .setEventTemplateUri(TEMPLATE)
                        .build())
                .build();
        json.start();
        configuration.addAppender(json);
        root.addAppender(json, null, null);
        root.removeAppender(old.getName());
      }
    }
    context.updateLoggers();
  }
}
