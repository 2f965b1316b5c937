/** Event loops: connections, streams and entities without a change of thread. */
@org.jspecify.annotations.NullMarked
package io.flashsale.loop;
