package io.flashsale;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.serialization.Serialization;
import akka.serialization.SerializationExtension;
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
import java.util.ArrayList;
import java.util.List;
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

  @Test
  void javasOwnSerializationIsOff() throws java.io.NotSerializableException {
    assertThat(serialization.serializerFor(java.util.ArrayList.class).getClass().getSimpleName())
        .isEqualTo("DisabledJavaSerializer");
  }
}
