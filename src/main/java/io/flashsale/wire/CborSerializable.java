package io.flashsale.wire;

/**
 * Marks the messages that may cross from node to node; application.conf binds them to Jackson CBOR.
 */
public interface CborSerializable {}
