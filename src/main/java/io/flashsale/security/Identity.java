package io.flashsale.security;

import org.jspecify.annotations.Nullable;

/**
 * Whom a token is of.
 *
 * @param user its {@code sub}; null if that is not the number of a user
 * @param operator whether it has the role of operators
 */
public record Identity(@Nullable Long user, boolean operator) {}
