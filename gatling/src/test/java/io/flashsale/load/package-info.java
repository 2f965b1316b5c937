/**
 * Load that looks like people, and a check of the truth at its end. {@code SaleSimulation} is where
 * to begin; {@code gatling/README.md} says what each simulation shows.
 */
package io.flashsale.load;
