package io.flashsale.sale;

import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Boards of tests outside this package: they show what they are told, without a coordinator. */
public final class Boards {

  private Boards() {}

  public static SaleBoard empty(InstantSource clock) {
    return new SaleBoard(clock, new SoldItems());
  }

  public static SaleBoard showing(
      InstantSource clock, Sale open, @Nullable Sale announced, List<Sale> closed) {
    SaleBoard board = empty(clock);
    board.put(new SaleCoordinator.Sales(open, announced, closed));
    return board;
  }

  /** As when the coordinator has answered. */
  public static void put(SaleBoard board, SaleCoordinator.Sales heard) {
    board.put(heard);
  }
}
