package io.netpol.cli;

import java.util.List;
import java.util.Properties;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka's own mock in the place of the brokers. */
public final class RecordingKafka extends DefaultKafkaClientFactory {

  private static final MockProducer<String, String> PRODUCER =
      new MockProducer<>(true, null, new StringSerializer(), new StringSerializer());

  private static volatile String brokers;

  @Override
  @SuppressWarnings("rawtypes") // as in the interface
  public Producer getProducer(Properties properties) {
    brokers = properties.getProperty("bootstrap.servers");
    return PRODUCER;
  }

  static String brokers() {
    return brokers;
  }

  static List<ProducerRecord<String, String>> records() {
    return PRODUCER.history();
  }
}
