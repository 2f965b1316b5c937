package io.flashsale;

import com.atlassian.oai.validator.OpenApiInteractionValidator;
import com.atlassian.oai.validator.model.Request;
import com.atlassian.oai.validator.model.SimpleRequest;
import com.atlassian.oai.validator.model.SimpleResponse;
import com.atlassian.oai.validator.report.ValidationReport;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Holds every answer that the tests get, and every request that succeeds, against openapi.json.
 * What is in the body of a request is not looked at.
 */
public final class ApiDocument {

  public static final JsonNode JSON = read();

  /** It knows OpenAPI 3.0, and of 3.1 it would check the statuses only. */
  private static final OpenApiInteractionValidator VALIDATOR =
      OpenApiInteractionValidator.createForInlineApiSpecification(
              ((ObjectNode) inOldWords(JSON.deepCopy())).put("openapi", "3.0.3").toString())
          .build();

  private ApiDocument() {}

  /** Fails if the document does not have this answer to a request with a path that it has. */
  public static void expect(HttpResponse<String> response) {
    String method = response.request().method();
    String path = response.request().uri().getRawPath();
    if (!has(path)) {
      return; // for what is not there, "not-found" is the answer
    }
    if (response.statusCode() == 405 || method.equals("HEAD") || method.equals("OPTIONS")) {
      return; // a method that the document does not have, or an answer without its body
    }
    SimpleResponse.Builder answer =
        SimpleResponse.Builder.status(response.statusCode()).withBody(response.body());
    response.headers().map().forEach((name, values) -> answer.withHeader(name, values));
    ValidationReport report =
        response.statusCode() < 300 && !hasBody(response.request())
            ? VALIDATOR.validate(request(response.request()), answer.build())
            : VALIDATOR.validateResponse(path, Request.Method.valueOf(method), answer.build());
    expect(report, method + " " + path, response.statusCode() + " " + response.body());
  }

  /** As the other one, of an answer that was read by hand. */
  public static void expect(
      String method, String path, int status, Map<String, String> headers, String body) {
    if (status == 405 || method.equals("HEAD") || !has(path, method.toLowerCase(Locale.ROOT))) {
      return;
    }
    SimpleResponse.Builder answer = SimpleResponse.Builder.status(status).withBody(body);
    headers.forEach(answer::withHeader);
    expect(
        VALIDATOR.validateResponse(path, Request.Method.valueOf(method), answer.build()),
        method + " " + path,
        status + " " + body);
  }

  private static void expect(ValidationReport report, String request, String answer) {
    if (report.hasErrors()) {
      throw new AssertionError(
          request
              + " was answered "
              + answer
              + ", but openapi.json says: "
              + report.getMessages().stream()
                  .map(message -> message.getKey() + " " + message.getMessage())
                  .collect(Collectors.joining("; ")));
    }
  }

  private static boolean hasBody(HttpRequest request) {
    return request.bodyPublisher().map(body -> body.contentLength() != 0).orElse(false);
  }

  /** What is answered with success is to be a request that the document has. */
  private static Request request(HttpRequest sent) {
    SimpleRequest.Builder request =
        new SimpleRequest.Builder(sent.method(), sent.uri().getRawPath());
    sent.headers().map().forEach((name, values) -> request.withHeader(name, values));
    String query = sent.uri().getQuery();
    if (query != null) {
      for (String parameter : query.split("&", -1)) {
        int end = parameter.indexOf('=');
        request.withQueryParam(parameter.substring(0, end), parameter.substring(end + 1));
      }
    }
    return request.build();
  }

  private static boolean has(String path) {
    return JSON.path("paths").properties().stream().anyMatch(one -> isOf(path, one.getKey()));
  }

  private static boolean has(String path, String method) {
    return JSON.path("paths").properties().stream()
        .anyMatch(one -> isOf(path, one.getKey()) && one.getValue().has(method));
  }

  private static boolean isOf(String path, String template) {
    return path.matches(template.replaceAll("\\{[a-z]+}", "[^/]+"));
  }

  /** What may be null is said in another way. */
  private static JsonNode inOldWords(JsonNode node) {
    for (JsonNode child : node) {
      inOldWords(child);
    }
    if (node instanceof ObjectNode object) {
      if (object.path("type").isArray()) {
        object.put("nullable", true).set("type", object.path("type").path(0));
      }
      if (object.path("anyOf").path(1).path("type").asText().equals("null")) {
        JsonNode other = object.path("anyOf").path(0);
        object.removeAll();
        object.setAll((ObjectNode) other);
        object.put("nullable", true);
      }
    }
    return node;
  }

  private static JsonNode read() {
    try (InputStream in =
        ApiDocument.class.getResourceAsStream("/io/flashsale/http/openapi.json")) {
      return new JsonMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
