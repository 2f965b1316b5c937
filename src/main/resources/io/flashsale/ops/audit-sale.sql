-- The counts of one sale with at most 100 of its breaches.
--
-- Parameters, in order: the sale's items, its userLimit; the range of the persistence ids of its items (from, to
-- exclusive), the range of those of its users. 7301 is the identifier of EventSerializer.
--
-- A row: the counts, the same in every row, and invariant, pids, description of one breach with the number of all
-- breaches (null if there is none). Every kind of breach comes to be seen before any kind fills the list.
WITH

terms AS (SELECT ?::int AS items, ?::int AS user_limit),

-- The events of items, each with the one before. A number that is no item's is null.
item_event AS MATERIALIZED (
  SELECT persistence_id::text AS pid, sequence_number AS seq, deleted, n.number, event_ser_manifest AS event,
         p.code, p."holdId" AS hold, p."userId" AS user_id,
         row_number() OVER stream AS nth,
         lag(event_ser_manifest) OVER stream AS before,
         lag(ROW(p.code, p."holdId", p."userId")) OVER stream AS before_claim,
         lag(p."holdId") OVER stream AS before_hold,
         lead(event_ser_manifest) OVER stream IS NULL AS latest
    FROM event_journal
         CROSS JOIN LATERAL jsonb_to_record(
           CASE WHEN event_ser_id = 7301 AND event_ser_manifest IN ('item-reserved', 'item-released', 'item-sold')
                THEN convert_from(event_payload, 'UTF8')::jsonb END) AS p(code text, "holdId" bigint, "userId" text)
         CROSS JOIN LATERAL substr(persistence_id, strpos(persistence_id, '-') + 1) AS suffix
         CROSS JOIN LATERAL (
           SELECT CASE WHEN suffix ~ '^(0|[1-9][0-9]{0,8})$' THEN suffix::int END AS number) AS n
   WHERE persistence_id >= ? AND persistence_id < ?
  WINDOW stream AS (PARTITION BY persistence_id ORDER BY sequence_number)
),

-- The events of users. Counted up to and with each: the attempts, items and closings of its checkout, and all releases.
user_event AS MATERIALIZED (
  SELECT persistence_id::text AS pid, substr(persistence_id, strpos(persistence_id, '-') + 1) AS user_id,
         sequence_number AS seq, deleted, event_ser_manifest AS event, p.code, p."holdId" AS hold, p.items, p.item AS ordered,
         event_ser_manifest IN ('user-purchased', 'user-released') AS closing,
         row_number() OVER stream AS nth,
         count(*) FILTER (WHERE event_ser_manifest = 'user-released') OVER stream AS releases,
         count(*) FILTER (WHERE event_ser_manifest = 'user-checked-out') OVER checkout AS attempts,
         coalesce(sum(cardinality(p.items)) OVER checkout, 0) AS checkout_items,
         count(*) FILTER (WHERE event_ser_manifest IN ('user-purchased', 'user-released')) OVER checkout AS closings
    FROM event_journal
         CROSS JOIN LATERAL jsonb_to_record(
           CASE WHEN event_ser_id = 7301
                 AND event_ser_manifest IN ('user-checked-out', 'user-purchased', 'user-released', 'user-refused',
                                            'user-order-placed', 'user-order-rejected')
                THEN convert_from(event_payload, 'UTF8')::jsonb END)
           AS p(code text, "holdId" bigint, items int[], item int)
   WHERE persistence_id >= ? AND persistence_id < ?
  WINDOW stream AS (PARTITION BY persistence_id ORDER BY sequence_number),
         checkout AS (PARTITION BY persistence_id, p.code ORDER BY sequence_number)
),

-- How a checkout has ended: its first closing.
ending AS MATERIALIZED (
  SELECT pid, code, seq, event, releases FROM user_event WHERE closing AND closings = 1
),

-- The items of all checkouts, one by one, with what became of their hold.
hold AS MATERIALIZED (
  SELECT u.pid, u.user_id, u.code, u.hold, item,
         CASE WHEN e.seq IS NULL THEN 'open' WHEN e.seq < u.seq THEN 'late'
              WHEN e.event = 'user-purchased' THEN 'purchased' ELSE 'released' END AS outcome
    FROM user_event u
         LEFT JOIN ending e ON e.pid = u.pid AND e.code = u.code
         CROSS JOIN LATERAL unnest(u.items) AS item
   WHERE u.event = 'user-checked-out'
),

-- Open and purchased holds next to what the item itself says: true in obeyed if it is claimed by exactly this hold.
claim AS MATERIALIZED (
  SELECT h.*, i.event AS now, i.pid AS item_pid,
         (i.code, i.hold, i.user_id) IS NOT DISTINCT FROM (h.code, h.hold, h.user_id) AS obeyed,
         CASE i.event WHEN 'item-sold' THEN format('sold to user %s under hold %s', i.user_id, i.hold)
                      WHEN 'item-reserved' THEN format('held by user %s under hold %s', i.user_id, i.hold)
                      ELSE 'available' END AS finding
    FROM hold h LEFT JOIN item_event i ON i.number = h.item AND i.latest
   WHERE h.outcome IN ('open', 'purchased')
),

-- Holds and purchases of a user after each event. Only the first closing of a checkout can give back its items.
load AS (
  SELECT pid, user_id, seq,
         sum(CASE WHEN event = 'user-checked-out' THEN coalesce(cardinality(items), 0)
                  WHEN event = 'user-released' AND closings = 1 THEN -checkout_items
                  ELSE 0 END) OVER (PARTITION BY pid ORDER BY seq) AS count
    FROM user_event
),

-- The orders, by the code that an order has in common with the checkout that it becomes.
purchase_order AS MATERIALIZED (
  SELECT pid, code, count(*) FILTER (WHERE event = 'user-order-placed') AS placed,
         count(*) FILTER (WHERE event = 'user-order-rejected') AS rejected,
         count(*) FILTER (WHERE event = 'user-purchased') AS purchased,
         count(*) FILTER (WHERE event = 'user-checked-out') AS checked_out,
         min(seq) FILTER (WHERE event = 'user-order-placed') AS placed_at,
         min(seq) FILTER (WHERE event <> 'user-order-placed') AS ended_at,
         max(ordered) FILTER (WHERE event = 'user-order-placed') AS item,
         max(items) FILTER (WHERE event = 'user-checked-out') AS items
    FROM user_event
   WHERE code IS NOT NULL
   GROUP BY pid, code
  HAVING bool_or(event IN ('user-order-placed', 'user-order-rejected'))
),

item_count AS (
  SELECT count(*) FILTER (WHERE event = 'item-sold') AS sold,
         count(*) FILTER (WHERE event = 'item-reserved') AS held,
         terms.items - count(*) FILTER (
           WHERE event IN ('item-sold', 'item-reserved') AND number < terms.items) AS available
    FROM terms LEFT JOIN item_event ON latest
   GROUP BY terms.items
),

breach(invariant, pids, description) AS (
  -- I1: sold more than once.
  SELECT 'I1', ARRAY[pid], format('item %s is sold %s times', number, count(*))
    FROM item_event WHERE event = 'item-sold' GROUP BY pid, number HAVING count(*) > 1

  UNION ALL -- I1: sold to a user whose journal has no purchase of the item under this hold.
  SELECT 'I1', ARRAY[i.pid, replace(split_part(i.pid, '-', 1), 'Item', 'User') || '-' || i.user_id],
         format('item %s is sold to user %s under hold %s, which that user never purchased', i.number, i.user_id, i.hold)
    FROM item_event i
         LEFT JOIN hold h ON h.item = i.number AND h.hold = i.hold AND h.user_id = i.user_id AND h.code = i.code
                         AND h.outcome = 'purchased'
   WHERE i.event = 'item-sold' AND h.pid IS NULL

  UNION ALL -- I1, I9: one item purchased twice, or in two holds that can still be bought.
  SELECT CASE WHEN count(*) FILTER (WHERE outcome = 'purchased') > 1 THEN 'I1' ELSE 'I9' END,
         (array_agg(DISTINCT pid))[1:10],
         format('item %s is in %s purchased and %s open holds', item,
                count(*) FILTER (WHERE outcome = 'purchased'), count(*) FILTER (WHERE outcome = 'open'))
    FROM claim GROUP BY item HAVING count(*) > 1

  UNION ALL -- I2: purchased, but the item neither is sold to this hold nor can be: it is not held by it any more.
  SELECT 'I2', array_remove(ARRAY[pid, item_pid], NULL),
         format('item %s is purchased by user %s under hold %s, but is %s', item, user_id, hold, finding)
    FROM claim
   WHERE outcome = 'purchased' AND NOT (obeyed AND now IN ('item-sold', 'item-reserved'))

  UNION ALL -- I3: the first moment at which a user has too many.
  (SELECT DISTINCT ON (pid) 'I3', ARRAY[pid],
          format('user %s has %s of at most %s items at sequence number %s', user_id, load.count, user_limit, seq)
     FROM load CROSS JOIN terms WHERE load.count > user_limit ORDER BY pid, seq)

  UNION ALL -- I4: items that the sale does not have.
  SELECT 'I4', ARRAY[pid], format('no item of a sale of %s items has this number', terms.items)
    FROM item_event CROSS JOIN terms WHERE latest AND (number < terms.items) IS NOT TRUE

  UNION ALL -- I4: the sum.
  SELECT 'I4', ARRAY[]::text[],
         format('%s sold, %s held and %s available items are not the %s of the sale', sold, held, available, items)
    FROM item_count CROSS JOIN terms WHERE sold + held + available <> items

  UNION ALL -- I9: an open checkout that has lost an item.
  SELECT 'I9', array_remove(ARRAY[pid, item_pid], NULL),
         format('item %s is checked out by user %s under hold %s, but is %s', item, user_id, hold, finding)
    FROM claim WHERE outcome = 'open' AND NOT (obeyed AND now = 'item-reserved')

  UNION ALL -- Sequence numbers run 1, 2, 3 ...; the first in each stream that does not.
  (SELECT DISTINCT ON (pid) 'history', ARRAY[pid], format('sequence number %s stands where %s is due', seq, nth)
     FROM (SELECT pid, seq, nth FROM item_event WHERE seq <> nth
           UNION ALL SELECT pid, seq, nth FROM user_event WHERE seq <> nth) AS gap
    ORDER BY pid, seq)

  UNION ALL -- An item is reserved, then released or sold to that same claim. (The same hold may come again: a late
            -- Reserve is an orphan that is refused.)
  SELECT 'history', ARRAY[pid],
         format('%s of hold %s at sequence number %s follows %s of hold %s', event, hold, seq, before, before_hold)
    FROM item_event
   WHERE event = 'item-reserved' AND before IS DISTINCT FROM 'item-released' AND before IS NOT NULL
      OR event = 'item-released' AND (before = 'item-reserved' AND before_hold = hold) IS NOT TRUE
      OR event = 'item-sold' AND (before = 'item-reserved' AND before_claim = ROW(code, hold, user_id)) IS NOT TRUE

  UNION ALL -- A checkout is made, then closed once, and nothing joins it afterwards.
  SELECT 'history', ARRAY[pid],
         format('%s of checkout %s at sequence number %s: %s', event, code, seq,
                CASE WHEN NOT closing AND closings > 0 THEN 'it was closed before'
                     WHEN NOT closing THEN 'it has no items'
                     WHEN closings > 1 THEN 'it was closed before' ELSE 'it was never checked out' END)
    FROM user_event
   WHERE event = 'user-checked-out' AND (closings > 0 OR coalesce(cardinality(items), 0) = 0)
      OR closing AND (closings > 1 OR attempts = 0)

  UNION ALL -- An order is placed, then confirmed or rejected once. It is confirmed by a purchase of its item and of no
            -- other under its code, in the write in which it is checked out.
  SELECT 'history', ARRAY[pid],
         format('order %s is placed %s, checked out %s, purchased %s and rejected %s times%s', code, placed, checked_out,
                purchased, rejected,
                CASE WHEN ended_at < placed_at THEN ', and ended before it is placed'
                     WHEN items <> ARRAY[item] THEN format(', for item %s with items %s', item, items) ELSE '' END)
    FROM purchase_order
   WHERE placed <> 1 OR purchased + rejected > 1 OR checked_out <> purchased OR ended_at < placed_at
      OR items <> ARRAY[item]

  UNION ALL -- A refused hold is never checked out. Legal is only the other way round, when a user has forgotten the
            -- checkout: it was released, and 64 (UserState.REMEMBERED) more were before the item asked.
  SELECT 'history', ARRAY[r.pid],
         format('hold %s is refused at sequence number %s and checked out at %s', r.hold, r.seq, c.seq)
    FROM user_event r
         JOIN user_event c ON c.pid = r.pid AND c.hold = r.hold AND c.event = 'user-checked-out'
         LEFT JOIN ending e ON e.pid = c.pid AND e.code = c.code AND e.event = 'user-released' AND e.seq > c.seq
   WHERE r.event = 'user-refused' AND (e.seq < r.seq AND r.releases - e.releases >= 64) IS NOT TRUE

  UNION ALL -- Hold ids that two attempts have: two that were checked out, or two that have reserved items.
  SELECT 'history', (array_agg(DISTINCT pid))[1:10], format('hold %s is checked out %s times', hold, count(*))
    FROM user_event WHERE event = 'user-checked-out' GROUP BY hold HAVING count(*) > 1
  UNION ALL
  SELECT 'history', (array_agg(DISTINCT pid))[1:10], format('hold %s is of two users or checkouts', hold)
    FROM item_event WHERE event = 'item-reserved'
   GROUP BY hold HAVING min(user_id) <> max(user_id) OR min(code) <> max(code)

  UNION ALL -- Rows that the program has not written.
  SELECT 'history', ARRAY[pid],
         CASE WHEN deleted THEN format('the event at sequence number %s is marked as deleted', seq)
              ELSE format('"%s" at sequence number %s is no event of this stream', event, seq) END
    FROM (SELECT pid, seq, deleted, event, hold IS NOT NULL AS known FROM item_event
          UNION ALL
          SELECT pid, seq, deleted, event, coalesce(code, hold::text) IS NOT NULL FROM user_event) AS row
   WHERE deleted OR NOT known
),

counts AS (
  SELECT c.sold, c.held, c.available, u.*,
         (SELECT count(*) FROM purchase_order WHERE purchased + rejected = 0) AS pending,
         (SELECT count(*) FROM claim WHERE outcome = 'purchased' AND obeyed AND now = 'item-reserved') AS settling
    FROM item_count c
         CROSS JOIN (SELECT count(DISTINCT pid) AS users,
                            count(*) FILTER (WHERE event = 'user-purchased') AS purchases,
                            count(*) FILTER (WHERE event = 'user-released') AS released,
                            count(*) FILTER (WHERE event = 'user-refused') AS refused,
                            count(*) FILTER (WHERE event = 'user-order-placed') AS orders
                       FROM user_event) AS u
)

SELECT counts.*, b.invariant, b.pids, b.description, b.total
  FROM counts
       LEFT JOIN (SELECT *, count(*) OVER () AS total,
                         row_number() OVER (PARTITION BY invariant ORDER BY pids, description) AS turn
                    FROM breach ORDER BY turn, invariant LIMIT 100) AS b ON true
 ORDER BY b.invariant, b.pids, b.description
