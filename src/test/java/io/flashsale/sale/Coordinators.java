package io.flashsale.sale;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import java.time.InstantSource;

/** Coordinators of tests outside this package: they run wherever the test runs them. */
public final class Coordinators {

  private Coordinators() {}

  public static Behavior<SaleCoordinator.Command> create(
      SaleSchedule schedule,
      InstantSource clock,
      ActorRef<ItemStarter.Command> starter,
      SaleCoordinator.Head head) {
    return SaleCoordinator.create(schedule, clock, starter, head);
  }
}
