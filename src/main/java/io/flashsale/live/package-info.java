/** The live feed: what people who watch a sale are shown as it happens. */
@org.jspecify.annotations.NullMarked
package io.flashsale.live;
