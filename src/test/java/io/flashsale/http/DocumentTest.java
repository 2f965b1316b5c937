package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.ApiDocument;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** openapi.json says what the program does. What goes over HTTP in the ITs is held against it. */
class DocumentTest {

  @Test
  void hasEveryProblemWithItsStatusAndTitle() {
    Set<String> told = new HashSet<>();
    for (JsonNode answers : ApiDocument.JSON.findValues("responses")) {
      for (JsonNode answer : answers) {
        answer
            .at("/content/application~1problem+json/examples")
            .forEach(
                example -> {
                  JsonNode value = example.path("value");
                  told.add(
                      value.path("status").asInt()
                          + " "
                          + value.path("code").asText()
                          + ": "
                          + value.path("title").asText());
                });
      }
    }
    Set<String> there = new HashSet<>();
    for (Problem problem : Problem.values()) {
      there.add(problem.status() + " " + problem.code() + ": " + problem.title());
    }
    assertThat(told).isEqualTo(there);
  }

  @Test
  void namesAllCodesAndNoOther() {
    List<String> codes = new ArrayList<>();
    ApiDocument.JSON
        .at("/components/schemas/Problem/properties/code/enum")
        .forEach(code -> codes.add(code.asText()));
    Set<String> there = new HashSet<>();
    for (Problem problem : Problem.values()) {
      there.add(problem.code());
    }
    assertThat(codes).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(there);
  }

  @Test
  void everyAnswerHasAnExample() {
    ApiDocument.JSON
        .findValues("content")
        .forEach(
            content ->
                content.forEach(
                    media ->
                        assertThat(
                                media.has("example")
                                    || media.has("examples")
                                    || media.path("schema").has("properties"))
                            .as(media.toString())
                            .isTrue()));
  }
}
