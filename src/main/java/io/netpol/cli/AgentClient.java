package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.observe.ExplainEndpoint;
import io.netpol.policy.explain.Question;
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

  /** What the agent said. */
  record Answer(boolean allowed, String text) {}

  Answer explain(Question question, boolean json, boolean colour) {
    StringBuilder query = new StringBuilder("output=").append(json ? "json" : "text");
    query.append(colour ? "&colour=true" : "");
    add(query, "from", question.from());
    add(query, "to", question.to());
    add(query, "port", question.port());
    add(query, "protocol", question.protocol());
    HttpResponse<String> response;
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://" + at + ExplainEndpoint.PATH + "?" + query))
              .timeout(PATIENCE)
              .build();
      response =
          HttpClient.newBuilder()
              .connectTimeout(PATIENCE)
              .build()
              .send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException | IllegalArgumentException e) {
      throw new BadInputException("no agent answers at " + at + ": " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BadInputException("interrupted");
    }
    String allowed = response.headers().firstValue(ExplainEndpoint.ALLOWED).orElse("");
    if (response.statusCode() != 200 || allowed.isEmpty()) {
      throw new BadInputException(
          "the agent at "
              + at
              + " says ("
              + response.statusCode()
              + "): "
              + response.body().trim());
    }
    return new Answer(allowed.equals("true"), response.body());
  }

  private static void add(StringBuilder query, String name, String value) {
    if (value != null) {
      query.append('&').append(name).append('=');
      query.append(URLEncoder.encode(value, StandardCharsets.UTF_8));
    }
  }
}
