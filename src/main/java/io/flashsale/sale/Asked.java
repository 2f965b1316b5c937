package io.flashsale.sale;

import java.util.UUID;

/**
 * An operator's request that can be repeated: it is done once, and answered as often as it comes.
 *
 * @param key of its {@code Idempotency-Key}, as a hash
 * @param what was asked for, as a hash: the same key for something else is a mistake
 */
public record Asked(UUID key, UUID what) {}
