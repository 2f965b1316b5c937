package io.flashsale.http;

import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.MediaTypes;
import akka.stream.Materializer;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.flashsale.sale.Sale;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The JSON that operators send. */
final class AdminRequests {

  private static final long MOST_BODY_BYTES = 16 * 1024;
  private static final Set<String> OF_SALE = Set.of("started_at", "ended_at", "total_items");

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** A sale that is wanted; null for what is to be as usual. */
  record WantedSale(
      @Nullable Instant startedAt, @Nullable Instant endedAt, @Nullable Integer totalItems) {}

  private AdminRequests() {}

  /** The stage fails with {@link Parameters.Invalid}, or if the body is too large. */
  static CompletionStage<WantedSale> sale(HttpRequest request, Materializer materializer) {
    HttpEntity entity = request.entity();
    if (entity.isKnownEmpty()) {
      return CompletableFuture.completedFuture(new WantedSale(null, null, null));
    }
    if (!entity.getContentType().mediaType().equals(MediaTypes.APPLICATION_JSON)) {
      request.discardEntityBytes(materializer);
      throw new Parameters.Invalid("Content-Type", "is not application/json");
    }
    return RequestBody.read(request, MOST_BODY_BYTES, RequestBody.TIMEOUT, materializer)
        .thenApply(body -> sale(body.getData().toArray()));
  }

  static WantedSale sale(byte[] json) {
    JsonNode body = object(json);
    for (String name : (Iterable<String>) body::fieldNames) {
      if (!OF_SALE.contains(name)) {
        throw new Parameters.Invalid(name, "is not known here: a sale has " + OF_SALE);
      }
    }
    return new WantedSale(
        time(body, "started_at"), time(body, "ended_at"), items(body, "total_items"));
  }

  private static JsonNode object(byte[] json) {
    try {
      JsonNode body = MAPPER.readTree(json);
      if (body != null && body.isObject()) {
        return body;
      }
    } catch (IOException e) {
      // said below
    }
    throw new Parameters.Invalid("body", "is not a JSON object, with each name once");
  }

  private static @Nullable Instant time(JsonNode body, String name) {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    try {
      if (value.isTextual()) {
        return OffsetDateTime.parse(value.textValue()).toInstant().truncatedTo(ChronoUnit.MILLIS);
      }
    } catch (DateTimeException e) {
      // said below
    }
    throw new Parameters.Invalid(name, "is not a time of RFC 3339, like 2026-03-01T12:00:00Z");
  }

  private static @Nullable Integer items(JsonNode body, String name) {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (value.isInt() && value.intValue() >= 1 && value.intValue() <= Sale.MOST_ITEMS) {
      return value.intValue();
    }
    throw new Parameters.Invalid(name, "is not an integer from 1 to " + Sale.MOST_ITEMS);
  }
}
