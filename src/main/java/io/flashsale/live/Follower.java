package io.flashsale.live;

import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Whoever is at the other end of a connection, and may want to hear of a user's orders. */
public interface Follower {

  /**
   * Whether it may, now: asked before each look at the orders. Fails with {@link Refused} if not.
   *
   * @param token what it has shown with its subscription
   */
  CompletionStage<?> admit(long user, @Nullable String token);

  /** Asks the user for all its orders; may fail. */
  CompletionStage<UserReply> orders(UserId user);

  /** It may not, or not now. */
  final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String code;
    private final boolean passing;

    /**
     * A refusal.
     *
     * @param code of the problem
     * @param passing whether it may be granted soon
     */
    public Refused(String code, String detail, boolean passing) {
      super(detail, null, false, false);
      this.code = code;
      this.passing = passing;
    }

    String code() {
      return code;
    }

    boolean isPassing() {
      return passing;
    }
  }
}
