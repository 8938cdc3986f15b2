package io.netpol.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.route.deadletter.DeadLetterEvents;
import io.netpol.route.deadletter.DeadLetterNotifications;
import io.netpol.route.deadletter.DeadLetters;
import io.netpol.route.deadletter.LetterFolder;
import io.netpol.route.deadletter.LetterRequests;
import io.netpol.route.settings.Settings;
import java.time.Clock;
import org.apache.camel.BindToRegistry;

/** Binds what keeps, tells and replays dead letters. */
final class DeadLetterConfiguration {

  @BindToRegistry final DeadLetterNotifications letterNews;
  @BindToRegistry final DeadLetters deadLetters;
  @BindToRegistry final ObjectMapper letterMapper = LetterFolder.mapper();
  @BindToRegistry final LetterRequests letterRequests;
  @BindToRegistry final DeadLetterEvents letterEvents;

  /** Of one agent. */
  DeadLetterConfiguration(Settings settings, Clock clock, KnowledgeConfiguration knowledge) {
    letterNews = new DeadLetterNotifications(settings.events(), settings.node(), clock);
    deadLetters = new DeadLetters(LetterFolder.of(settings), letterNews);
    letterRequests = new LetterRequests(deadLetters, knowledge.enrich);
    letterEvents = new DeadLetterEvents(knowledge.api.events(settings.node()), letterNews);
  }
}
