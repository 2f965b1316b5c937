/** What can be seen of a node: numbers for Prometheus. Depends on nothing else of the program. */
@org.jspecify.annotations.NullMarked
package io.flashsale.metrics;
