package io.flashsale.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flashsale.item.ItemEvent;
import io.flashsale.sale.Asked;
import io.flashsale.sale.ExtraSale;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleEvent;
import io.flashsale.user.Order;
import io.flashsale.user.UserEvent;
import java.io.NotSerializableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is golden here is in journals for ever: lines are added, never changed. */
class EventSerializerTest {

  private static final UUID CODE = UUID.fromString("00000000-0000-8007-8c01-123456789abc");
  private static final UUID KEY = UUID.fromString("5f0c1b6e-0d7a-3c55-9a3e-8f6f0a1b2c3d");
  private static final Set<String> OPTIONAL = Set.of("asked", "key");

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final EventSerializer serializer = new EventSerializer();

  record Golden(String manifest, String json, Object event) {
    @Override
    public String toString() {
      return manifest + " " + json;
    }
  }

  static Stream<Golden> golden() {
    return Stream.of(
        new Golden(
            "item-reserved",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","holdId":81985529216486895,"userId":124,"expiresAt":"2026-03-01T12:01:00.250Z"}\
            """,
            new ItemEvent.Reserved(
                CODE, 0x0123_4567_89AB_CDEFL, 124, Instant.parse("2026-03-01T12:01:00.250Z"))),
        new Golden(
            "item-reserved",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","holdId":-1,"userId":-9223372036854775808,"expiresAt":"2026-03-01T12:01:00Z"}\
            """,
            new ItemEvent.Reserved(
                CODE, -1, Long.MIN_VALUE, Instant.parse("2026-03-01T12:01:00Z"))),
        new Golden(
            "item-released",
            """
            {"holdId":81985529216486895}\
            """,
            new ItemEvent.Released(0x0123_4567_89AB_CDEFL)),
        new Golden(
            "item-sold",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","holdId":9223372036854775807,"userId":-7}\
            """,
            new ItemEvent.Sold(CODE, Long.MAX_VALUE, -7)),
        new Golden(
            "user-checked-out",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","holdId":-5,"items":[0,17,9999],"expiresAt":"2026-03-01T12:01:00.001Z","key":"5f0c1b6e-0d7a-3c55-9a3e-8f6f0a1b2c3d"}\
            """,
            new UserEvent.CheckedOut(
                CODE, -5, List.of(0, 17, 9_999), Instant.parse("2026-03-01T12:01:00.001Z"), KEY)),
        new Golden(
            "user-checked-out",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","holdId":5,"items":[3],"expiresAt":"2026-03-01T12:01:00Z"}\
            """,
            new UserEvent.CheckedOut(
                CODE, 5, List.of(3), Instant.parse("2026-03-01T12:01:00Z"), null)),
        new Golden(
            "user-purchased",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","key":"5f0c1b6e-0d7a-3c55-9a3e-8f6f0a1b2c3d"}\
            """,
            new UserEvent.Purchased(CODE, KEY)),
        new Golden(
            "user-purchased",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc"}\
            """,
            new UserEvent.Purchased(CODE, null)),
        new Golden(
            "user-released",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","cause":"GIVEN_UP","key":"5f0c1b6e-0d7a-3c55-9a3e-8f6f0a1b2c3d"}\
            """,
            new UserEvent.Released(CODE, UserEvent.Cause.GIVEN_UP, KEY)),
        new Golden(
            "user-released",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","cause":"EXPIRED"}\
            """,
            new UserEvent.Released(CODE, UserEvent.Cause.EXPIRED, null)),
        new Golden(
            "user-refused",
            """
            {"holdId":-9223372036854775808}\
            """,
            new UserEvent.Refused(Long.MIN_VALUE)),
        new Golden(
            "user-order-placed",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","item":9999,"limit":10,"deadline":"2026-03-01T12:00:30.001Z","key":"5f0c1b6e-0d7a-3c55-9a3e-8f6f0a1b2c3d"}\
            """,
            new UserEvent.OrderPlaced(
                CODE, 9_999, 10, Instant.parse("2026-03-01T12:00:30.001Z"), KEY)),
        new Golden(
            "user-order-placed",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","item":0,"limit":1,"deadline":"2026-03-01T12:00:30Z"}\
            """,
            new UserEvent.OrderPlaced(CODE, 0, 1, Instant.parse("2026-03-01T12:00:30Z"), null)),
        new Golden(
            "user-order-rejected",
            """
            {"code":"00000000-0000-8007-8c01-123456789abc","reason":"ITEM_RESERVED"}\
            """,
            new UserEvent.OrderRejected(CODE, Order.Rejection.ITEM_RESERVED)),
        new Golden(
            "sale-announced",
            """
            {"sale":{"id":2,"slot":"2026-03-01T12:00:00Z","opensAt":"2026-03-01T12:00:00Z","endsAt":"2026-03-01T13:00:00Z","items":10000,"userLimit":10,"holdTtl":"PT1M"}}\
            """,
            new SaleEvent.SaleAnnounced(
                new Sale(
                    2,
                    Instant.parse("2026-03-01T12:00:00Z"),
                    Instant.parse("2026-03-01T12:00:00Z"),
                    Instant.parse("2026-03-01T13:00:00Z"),
                    10_000,
                    10,
                    Duration.ofSeconds(60)))),
        new Golden(
            "sale-opened",
            """
            {"sale":{"id":9007199254740993,"slot":"2026-03-01T12:00:00Z","opensAt":"2026-03-01T12:00:00.750Z","endsAt":"2026-03-01T12:00:03Z","items":5,"userLimit":1,"holdTtl":"PT0.5S"}}\
            """,
            new SaleEvent.SaleOpened(
                new Sale(
                    9_007_199_254_740_993L,
                    Instant.parse("2026-03-01T12:00:00Z"),
                    Instant.parse("2026-03-01T12:00:00.750Z"),
                    Instant.parse("2026-03-01T12:00:03Z"),
                    5,
                    1,
                    Duration.ofMillis(500)))),
        new Golden(
            "sale-closed",
            """
            {"saleId":2}\
            """,
            new SaleEvent.SaleClosed(2)),
        new Golden(
            "sale-shortened",
            """
            {"saleId":2,"endsAt":"2026-03-01T12:20:02.125Z"}\
            """,
            new SaleEvent.SaleShortened(2, Instant.parse("2026-03-01T12:20:02.125Z"), null)),
        new Golden(
            "sale-scheduled",
            """
            {"extra":{"opensAt":"2026-03-01T12:30:00Z","endsAt":"2026-03-01T12:45:00Z","items":7,"resumesAt":"2026-03-01T13:00:00Z"}}\
            """,
            new SaleEvent.SaleScheduled(
                new ExtraSale(
                    Instant.parse("2026-03-01T12:30:00Z"),
                    Instant.parse("2026-03-01T12:45:00Z"),
                    7,
                    Instant.parse("2026-03-01T13:00:00Z")),
                null)),
        new Golden(
            "sale-shortened",
            """
            {"saleId":2,"endsAt":"2026-03-01T12:20:02.125Z","asked":{"key":"00000000-0000-0001-0000-000000000002","what":"00000000-0000-0003-0000-000000000004"}}\
            """,
            new SaleEvent.SaleShortened(
                2,
                Instant.parse("2026-03-01T12:20:02.125Z"),
                new Asked(new UUID(1, 2), new UUID(3, 4)))));
  }

  @ParameterizedTest
  @MethodSource("golden")
  void readsGoldenBytes(Golden golden) throws NotSerializableException {
    assertThat(serializer.fromBinary(golden.json().getBytes(UTF_8), golden.manifest()))
        .isEqualTo(golden.event());
  }

  @ParameterizedTest
  @MethodSource("golden")
  void writesGoldenBytes(Golden golden) {
    assertThat(new String(serializer.toBinary(golden.event()), UTF_8)).isEqualTo(golden.json());
  }

  @ParameterizedTest
  @MethodSource("golden")
  void namesTheEventByItsManifest(Golden golden) {
    assertThat(serializer.manifest(golden.event())).isEqualTo(golden.manifest());
  }

  @Test
  void everyEventHasGoldenBytes() {
    Set<Class<?>> events =
        Stream.of(ItemEvent.class, UserEvent.class, SaleEvent.class)
            .flatMap(kind -> Arrays.stream(kind.getPermittedSubclasses()))
            .collect(Collectors.toSet());

    assertThat(golden().map(golden -> golden.event().getClass()).collect(Collectors.toSet()))
        .isEqualTo(events);
  }

  @Test
  void everyEventWithOptionalFieldsHasGoldenBytesWithAndWithoutThem() {
    for (String manifest :
        List.of("user-checked-out", "user-purchased", "user-released", "user-order-placed")) {
      assertThat(golden().filter(golden -> golden.manifest().equals(manifest)))
          .anyMatch(golden -> golden.json().contains("\"key\""))
          .anyMatch(golden -> !golden.json().contains("\"key\""));
    }
  }

  @Test
  void identifierIsPinned() {
    assertThat(serializer.identifier()).isEqualTo(7301);
    assertThat(serializer.includeManifest()).isTrue();
  }

  @Test
  void anUnknownManifestIsNotSerializable() {
    assertThatExceptionOfType(NotSerializableException.class)
        .isThrownBy(() -> serializer.fromBinary("{}".getBytes(UTF_8), "item-stolen"))
        .withMessageContaining("item-stolen");
  }

  @Test
  void whatIsNoEventIsNotWritten() {
    assertThatIllegalArgumentException().isThrownBy(() -> serializer.manifest("text"));
  }

  @ParameterizedTest
  @MethodSource("golden")
  void ignoresFieldsOfLaterVersions(Golden golden) throws Exception {
    ObjectNode later = (ObjectNode) JSON.readTree(golden.json());
    later.put("later", 1);
    if (later.get("sale") instanceof ObjectNode sale) {
      sale.putObject("later").put("x", "y");
    }

    assertThat(serializer.fromBinary(JSON.writeValueAsBytes(later), golden.manifest()))
        .isEqualTo(golden.event());
  }

  @ParameterizedTest(name = "{0} without {1}: {2}")
  @MethodSource("incomplete")
  void aMissingOrEmptyFieldIsAnError(String manifest, String field, String json) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> serializer.fromBinary(json.getBytes(UTF_8), manifest))
        .withMessageContaining(manifest)
        .withMessageContaining(field);
  }

  /** Every golden event without, and with a null for, each of its fields that is not optional. */
  static List<Arguments> incomplete() throws Exception {
    List<Arguments> all = new ArrayList<>();
    for (Golden golden : golden().toList()) {
      JsonNode event = JSON.readTree(golden.json());
      for (String path : List.of("", "/sale")) {
        if (event.at(path) instanceof ObjectNode fields) {
          for (String field : (Iterable<String>) fields::fieldNames) {
            if (!OPTIONAL.contains(field)) {
              JsonNode without = event.deepCopy();
              ((ObjectNode) without.at(path)).remove(field);
              all.add(Arguments.of(golden.manifest(), field, without.toString()));
              JsonNode empty = event.deepCopy();
              ((ObjectNode) empty.at(path)).putNull(field);
              all.add(Arguments.of(golden.manifest(), field, empty.toString()));
            }
          }
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("golden")
  void anEmptyOptionalFieldIsAnAbsentOne(Golden golden) throws Exception {
    ObjectNode json = (ObjectNode) JSON.readTree(golden.json());
    if (!json.has("key")) {
      json.putNull("key");

      assertThat(serializer.fromBinary(JSON.writeValueAsBytes(json), golden.manifest()))
          .isEqualTo(golden.event());
    }
  }

  @Test
  void whatIsNoJsonIsAnError() {
    for (String broken : List.of("", "{", "null", "[]", "7", "{\"holdId\":\"x\"}")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> serializer.fromBinary(broken.getBytes(UTF_8), "item-released"));
    }
  }

  @Test
  void reasonsOfRejectionsAreNamedForEver() {
    assertThat(Order.Rejection.values())
        .extracting(Order.Rejection::name)
        .contains("ITEM_RESERVED", "ITEM_SOLD", "LIMIT_REACHED", "TIMED_OUT");
  }

  @Test
  void anUnknownCauseIsAnError() {
    String json = "{\"code\":\"" + CODE + "\",\"cause\":\"LOST\"}";

    assertThatIllegalArgumentException()
        .isThrownBy(() -> serializer.fromBinary(json.getBytes(UTF_8), "user-released"))
        .withMessageContaining("LOST");
  }
}
