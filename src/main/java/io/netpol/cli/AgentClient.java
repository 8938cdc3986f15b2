package io.netpol.cli;

import io.netpol.analysis.explain.Explanation;
import io.netpol.analysis.explain.Question;
import io.netpol.analysis.matrix.MatrixQuery;
import io.netpol.cli.Netpol.BadInputException;
import io.netpol.kubernetes.parse.Reason;
import io.netpol.net.Protocol;
import io.netpol.net.Quote;
import io.netpol.observe.console.ExplainEndpoint;
import io.netpol.observe.console.MatrixEndpoint;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Asks the agent that runs on this host. */
final class AgentClient {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final String at;

  /**
   * Asks at this address.
   *
   * @param at host and port
   */
  AgentClient(String at) {
    this.at = at;
  }

  /**
   * Asks where the command's option says.
   *
   * @param option host and port; empty where the settings of the agent here say it
   */
  static AgentClient of(String option) {
    Settings settings = ObjectSource.settings();
    return new AgentClient(
        option.isEmpty()
            ? settings.get(Setting.HTTP_HOST) + ":" + settings.get(Setting.HTTP_PORT)
            : option);
  }

  /** What the agent said. */
  record Answer(Explanation.Outcome outcome, String text) {}

  Answer explain(Question question, boolean json, boolean colour) {
    StringBuilder query = new StringBuilder("output=").append(json ? "json" : "text");
    query.append(colour ? "&colour=true" : "");
    add(query, "from", question.from());
    add(query, "to", question.to());
    add(query, "port", question.port());
    add(query, "protocol", question.protocol());
    HttpResponse<String> response = get(ExplainEndpoint.PATH + "?" + query);
    String outcome = response.headers().firstValue(ExplainEndpoint.OUTCOME).orElse("");
    for (Explanation.Outcome each : Explanation.Outcome.values()) {
      if (each.name().equalsIgnoreCase(outcome)) {
        return new Answer(each, response.body());
      }
    }
    throw refused(response);
  }

  /** Returns the agent's matrix as it is to be printed. */
  String matrix(MatrixQuery asked, String output, boolean colour, boolean members) {
    StringBuilder query = new StringBuilder("output=").append(output);
    query.append("&colour=").append(colour).append("&members=").append(members);
    asked.namespaces().forEach(namespace -> add(query, "namespace", namespace));
    add(query, "port", asked.port().orElse(null));
    add(query, "protocol", asked.protocol().map(Protocol::name).orElse(null));
    return get(MatrixEndpoint.PATH + "?" + query).body();
  }

  private HttpResponse<String> get(String pathAndQuery) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://" + at + pathAndQuery))
              .timeout(PATIENCE)
              .build();
      HttpResponse<String> response =
          HttpClient.newBuilder()
              .connectTimeout(PATIENCE)
              .build()
              .send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw refused(response);
      }
      return response;
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          "not an address of an agent: " + Quote.quote(at) + "; HOST:PORT is needed");
    } catch (IOException e) {
      throw new BadInputException("no agent answers at " + at + ": " + Reason.of(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BadInputException("interrupted");
    }
  }

  private BadInputException refused(HttpResponse<String> response) {
    return new BadInputException(
        "the agent at " + at + " says (" + response.statusCode() + "): " + response.body().trim());
  }

  private static void add(StringBuilder query, String name, String value) {
    if (value != null) {
      query.append('&').append(name).append('=');
      query.append(URLEncoder.encode(value, StandardCharsets.UTF_8));
    }
  }
}
