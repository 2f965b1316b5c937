package io.flashsale.journal;

import org.jspecify.annotations.Nullable;

/** A row of {@code event_journal}: one event, without tags and without metadata. */
@SuppressWarnings("ArrayRecordComponent") // never compared, and never changed
record JournalRow(
    String persistenceId,
    long sequenceNr,
    String writer,
    long timestamp,
    @Nullable String adapterManifest,
    int serializerId,
    String manifest,
    byte[] payload,
    long ordering) {}
