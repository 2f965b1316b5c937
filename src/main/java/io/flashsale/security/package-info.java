/** Who asks, and how a connection is kept private: tokens, keys and certificates. */
@org.jspecify.annotations.NullMarked
package io.flashsale.security;
