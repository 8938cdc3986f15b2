package io.netpol.cli;

import java.util.List;
import java.util.Properties;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka's own mock in the place of the brokers. */
public final class RecordingKafka extends DefaultKafkaClientFactory {

  private static volatile MockProducer<String, String> producer;
  private static volatile RuntimeException failure;
  private static volatile String brokers;

  @Override
  @SuppressWarnings("rawtypes") // as in the interface
  public Producer getProducer(Properties properties) {
    brokers = properties.getProperty("bootstrap.servers");
    // Who stops closes it.
    producer = new MockProducer<>(true, null, new StringSerializer(), new StringSerializer());
    producer.sendException = failure;
    return producer;
  }

  /** From now on no broker can be reached, or one can. */
  static void setAway(boolean away) {
    failure = away ? new TimeoutException("no broker can be reached") : null;
    if (producer != null) {
      producer.sendException = failure;
    }
  }

  static String brokers() {
    return brokers;
  }

  static List<ProducerRecord<String, String>> records() {
    return producer.history();
  }
}
