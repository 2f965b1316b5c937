package io.flashsale;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.serialization.Serialization;
import akka.serialization.SerializationExtension;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.typesafe.config.ConfigFactory;
import io.flashsale.item.Item;
import io.flashsale.item.ItemEvent;
import io.flashsale.live.LiveKeeper;
import io.flashsale.sale.SaleCoordinator;
import io.flashsale.sale.SaleDecision;
import io.flashsale.sale.SaleEvent;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserEvent;
import io.flashsale.user.UserReply;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What crosses between nodes, or into the journal, has a serializer, and never that of Java. */
class WireTest {

  private static final ActorTestKit kit =
      ActorTestKit.create(
          "wire",
          ConfigFactory.parseString("akka.actor.provider = local")
              .withFallback(ConfigFactory.load()));

  private static final Serialization serialization = SerializationExtension.get(kit.system());

  private static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.flashsale");

  /** Of the protocols of what is sharded or a singleton; their answers go to any node. */
  private static final List<Class<?>> PROTOCOLS =
      List.of(
          Item.Command.class,
          Item.Reply.class,
          Item.Awake.class,
          UserCommand.class,
          UserReply.class,
          SaleCoordinator.Command.class,
          SaleCoordinator.Sales.class,
          SaleCoordinator.Plans.class,
          SaleDecision.class,
          LiveKeeper.Held.class);

  private static final List<Class<?>> EVENTS =
      List.of(ItemEvent.class, UserEvent.class, SaleEvent.class);

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  private static List<Class<?>> concrete(List<Class<?>> roots) {
    List<Class<?>> found = new ArrayList<>();
    for (Class<?> root : roots) {
      for (JavaClass type : CLASSES.that(assignableTo(root))) {
        if (!type.isInterface() && !type.getModifiers().contains(JavaModifier.ABSTRACT)) {
          found.add(type.reflect());
        }
      }
    }
    return found;
  }

  @Test
  void everyMessageIsCbor() {
    assertThat(concrete(PROTOCOLS)).hasSizeGreaterThan(20);
    assertThat(concrete(PROTOCOLS))
        .allSatisfy(
            type ->
                assertThat(serialization.serializerFor(type).getClass().getSimpleName())
                    .as(type.getName())
                    .isEqualTo("JacksonCborSerializer"));
  }

  @Test
  void everyEventHasTheSerializerOfTheJournal() {
    assertThat(concrete(EVENTS)).hasSizeGreaterThan(9);
    assertThat(concrete(EVENTS))
        .allSatisfy(
            type ->
                assertThat(serialization.serializerFor(type).getClass().getSimpleName())
                    .as(type.getName())
                    .isEqualTo("EventSerializer"));
  }

  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  private static final UUID CODE = new UUID(1, 2);
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  /** The same, of a request that is followed and of one that is not. */
  private static List<List<Object>> ofFollowedAndOthers() {
    ActorRef<UserReply> client = kit.<UserReply>createTestProbe().getRef();
    ActorRef<Item.Reply> user = kit.<Item.Reply>createTestProbe().getRef();
    var terms = new UserCommand.Terms(10, Duration.ofSeconds(60));
    return List.of(
        List.of(
            new UserCommand.CheckOut(List.of(3), CODE, CODE, terms, client, TRACE),
            new UserCommand.CheckOut(List.of(3), CODE, CODE, terms, client)),
        List.of(
            new UserCommand.Purchase(CODE, CODE, client, TRACE),
            new UserCommand.Purchase(CODE, CODE, client)),
        List.of(
            new Item.Reserve(CODE, 5, 7, NOON, user, TRACE),
            new Item.Reserve(CODE, 5, 7, NOON, user)),
        List.of(new Item.Confirm(5, TRACE), new Item.Confirm(5)));
  }

  private static ObjectNode wire(Object message) throws IOException {
    return (ObjectNode) CBOR.readTree(serialization.serialize(message).get());
  }

  private static Object read(ObjectNode wire, Object like) throws IOException {
    return serialization.deserialize(CBOR.writeValueAsBytes(wire), like.getClass()).get();
  }

  /** In a rolling update some nodes know nothing of traces, in either direction. */
  @Test
  void aTraceIsLeftOutAndReadByThoseWhoKnowIt() throws IOException {
    for (List<Object> pair : ofFollowedAndOthers()) {
      Object followed = pair.getFirst();
      Object other = pair.getLast();
      ObjectNode withTrace = wire(followed);
      ObjectNode without = wire(other);

      assertThat(read(withTrace, followed)).isEqualTo(followed);
      assertThat(without.has("trace")).as(without.toString()).isFalse();
      assertThat(read(without, other)).isEqualTo(other);
      withTrace.remove("trace");
      assertThat(withTrace).isEqualTo(without);
    }
  }

  @Test
  void whatALaterVersionSaysBesidesIsIgnored() throws IOException {
    for (List<Object> pair : ofFollowedAndOthers()) {
      Object message = pair.getLast();

      assertThat(read(wire(message).put("later", "x"), message)).isEqualTo(message);
    }
  }

  @Test
  void javasOwnSerializationIsOff() throws java.io.NotSerializableException {
    assertThat(serialization.serializerFor(java.util.ArrayList.class).getClass().getSimpleName())
        .isEqualTo("DisabledJavaSerializer");
  }
}
