-- Orders by user and sale, so that those that are pending are found again without reading the journal (OrderQueries).
-- Only orders have rows here: other events cost nothing.
CREATE INDEX event_journal_order_idx ON event_journal (persistence_id, sequence_number)
  WHERE event_ser_manifest = 'user-order-placed';
