package io.flashsale.journal;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code event_journal}: one event, without its tags.
 *
 * @param metadata of an event that the stock DAO has written; {@link JournalWriter} writes none
 */
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
    @Nullable Metadata metadata) {

  /** What an event has beside its payload. */
  @SuppressWarnings("ArrayRecordComponent")
  record Metadata(int serializerId, @Nullable String manifest, byte[] payload) {}
}
