-- The journal: the source of truth. Column for column what Akka Persistence JDBC 5 reads and writes.
--
-- Ids are compared byte by byte (COLLATE "C"): faster than a language's order, and the rows of a sale are a range of
-- the primary key ('Item|17-' and what follows it), so that audit and the read side need no index of their own.
CREATE TABLE event_journal (
  ordering            bigserial,
  persistence_id      varchar(255) COLLATE "C" NOT NULL,
  sequence_number     bigint                   NOT NULL,
  deleted             boolean DEFAULT false    NOT NULL,

  writer              varchar(255)             NOT NULL,
  write_timestamp     bigint,
  adapter_manifest    varchar(255),

  event_ser_id        integer                  NOT NULL,
  event_ser_manifest  varchar(255)             NOT NULL,
  event_payload       bytea                    NOT NULL,

  meta_ser_id         integer,
  meta_ser_manifest   varchar(255),
  meta_payload        bytea,

  -- The fence: two incarnations of an entity cannot both write their next event.
  PRIMARY KEY (persistence_id, sequence_number)
);

CREATE UNIQUE INDEX event_journal_ordering_idx ON event_journal (ordering);

CREATE TABLE event_tag (
  event_id  bigint REFERENCES event_journal (ordering) ON DELETE CASCADE,
  tag       varchar(256),
  PRIMARY KEY (event_id, tag)
);
