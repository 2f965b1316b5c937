package io.flashsale.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import akka.persistence.CapabilityFlag;
import akka.persistence.japi.journal.JavaJournalPerfSpec;
import com.typesafe.config.Config;
import io.flashsale.database.JournalDatabase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.scalatest.Args;
import org.scalatest.Reporter;
import org.scalatest.events.Event;
import org.scalatest.events.TestCanceled;
import org.scalatest.events.TestFailed;
import org.scalatest.events.TestIgnored;
import org.scalatest.events.TestPending;
import org.scalatest.events.TestSucceeded;
import scala.Option;

/** Akka's own tests of a journal, its Technology Compatibility Kit, against a real PostgreSQL. */
class JournalTckIT {

  /** All that the kit has: the tests of a journal, and those of its speed with small numbers. */
  private static final int TESTS = 20;

  /** Promises every capability that the kit asks for. */
  private static final class Tck extends JavaJournalPerfSpec {

    private Tck(Config config) {
      super(config);
    }

    @Override
    public CapabilityFlag supportsRejectingNonSerializableObjects() {
      return CapabilityFlag.on();
    }

    @Override
    public CapabilityFlag supportsSerialization() {
      return CapabilityFlag.on();
    }

    @Override
    public CapabilityFlag supportsMetadata() {
      return CapabilityFlag.on();
    }

    @Override
    public boolean supportsAtomicPersistAllOfSeveralEvents() {
      return true;
    }

    @Override
    public int eventsCount() {
      return 200;
    }

    @Override
    public int measurementIterations() {
      return 1;
    }
  }

  @TestFactory
  List<DynamicTest> passesAkkasOwnTestsOfAJournal() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (JournalDatabase postgres = JournalDatabase.start()) {
      new Tck(ProgramConfig.withDatabaseAt(postgres.port()))
          .run(Option.empty(), reportingTo(event -> add(event, tests)));
    }
    assertThat(tests).hasSize(TESTS);
    return tests;
  }

  /** Scala's way to leave out the other arguments. */
  private static Args reportingTo(Reporter reporter) {
    return new Args(
        reporter,
        Args.apply$default$2(),
        Args.apply$default$3(),
        Args.apply$default$4(),
        Args.apply$default$5(),
        Args.apply$default$6(),
        Args.apply$default$7(),
        Args.apply$default$8(),
        Args.apply$default$9(),
        Args.apply$default$10());
  }

  private static void add(Event event, List<DynamicTest> tests) {
    switch (event) {
      case TestSucceeded e -> tests.add(dynamicTest(e.testName(), () -> {}));
      case TestFailed e -> tests.add(failing(e.testName(), e.throwable().get()));
      case TestCanceled e -> tests.add(failing(e.testName(), new AssertionError(e.message())));
      case TestIgnored e -> tests.add(failing(e.testName(), new AssertionError("ignored")));
      case TestPending e -> tests.add(failing(e.testName(), new AssertionError("pending")));
      default -> {} // starts, infos
    }
  }

  private static DynamicTest failing(String name, Throwable why) {
    return dynamicTest(
        name,
        () -> {
          throw why;
        });
  }
}
