/** {@code flashsale top}: a client of the API like any other. */
@org.jspecify.annotations.NullMarked
package io.flashsale.top;
