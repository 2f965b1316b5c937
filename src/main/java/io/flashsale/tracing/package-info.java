@org.jspecify.annotations.NullMarked
package io.flashsale.tracing;
