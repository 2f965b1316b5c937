package io.flashsale.journal;

import akka.serialization.SerializerWithStringManifest;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.AnnotationIntrospector;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.introspect.NopAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.flashsale.item.ItemEvent;
import io.flashsale.sale.SaleEvent;
import io.flashsale.user.UserEvent;
import java.io.IOException;
import java.io.NotSerializableException;
import java.lang.reflect.Executable;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Events as JSON with a manifest of their own. The manifests and the field names are in journals
 * for ever: a changed event gets a new manifest, and the old one is still read.
 *
 * <p>JSON, so that {@code audit} and an operator can read the journal with plain SQL.
 */
public final class EventSerializer extends SerializerWithStringManifest {

  private static final Map<String, Class<?>> CLASSES =
      Map.ofEntries(
          Map.entry("item-reserved", ItemEvent.Reserved.class),
          Map.entry("item-released", ItemEvent.Released.class),
          Map.entry("item-sold", ItemEvent.Sold.class),
          Map.entry("user-checked-out", UserEvent.CheckedOut.class),
          Map.entry("user-purchased", UserEvent.Purchased.class),
          Map.entry("user-released", UserEvent.Released.class),
          Map.entry("user-refused", UserEvent.Refused.class),
          Map.entry("user-order-placed", UserEvent.OrderPlaced.class),
          Map.entry("user-order-rejected", UserEvent.OrderRejected.class),
          Map.entry("sale-announced", SaleEvent.SaleAnnounced.class),
          Map.entry("sale-opened", SaleEvent.SaleOpened.class),
          Map.entry("sale-closed", SaleEvent.SaleClosed.class),
          Map.entry("sale-shortened", SaleEvent.SaleShortened.class),
          Map.entry("sale-scheduled", SaleEvent.SaleScheduled.class));

  private static final Map<Class<?>, String> MANIFESTS =
      CLASSES.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .annotationIntrospector(
              AnnotationIntrospector.pair(new NullMarked(), new JacksonAnnotationIntrospector()))
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  /** A field of an event may be absent or null only if its type says so. */
  private static final class NullMarked extends NopAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    @Override
    public JsonSetter.Value findSetterInfo(Annotated annotated) {
      return annotated instanceof AnnotatedParameter parameter && !isNullable(parameter)
          ? JsonSetter.Value.forValueNulls(Nulls.FAIL)
          : JsonSetter.Value.empty();
    }

    private static boolean isNullable(AnnotatedParameter parameter) {
      return parameter.getOwner().getMember() instanceof Executable owner
          && owner.getAnnotatedParameterTypes()[parameter.getIndex()].isAnnotationPresent(
              Nullable.class);
    }
  }

  /** In every row of the journal: never to be changed. */
  @Override
  public int identifier() {
    return 7301;
  }

  @Override
  public String manifest(Object event) {
    String manifest = MANIFESTS.get(event.getClass());
    if (manifest == null) {
      throw new IllegalArgumentException("Not an event: " + event.getClass().getName());
    }
    return manifest;
  }

  @Override
  public byte[] toBinary(Object event) {
    try {
      return MAPPER.writeValueAsBytes(event);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Cannot be written: " + event, e);
    }
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    Class<?> type = CLASSES.get(manifest);
    if (type == null) {
      throw new NotSerializableException(
          "The journal has an event \"" + manifest + "\" that this version does not know");
    }
    try {
      Object event = MAPPER.readValue(bytes, type);
      if (event == null) {
        throw new IllegalArgumentException("Not a " + manifest + ": null");
      }
      return event;
    } catch (IOException e) {
      throw new IllegalArgumentException("Not a " + manifest + ": " + e.getMessage(), e);
    }
  }
}
