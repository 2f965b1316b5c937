-- Every sale that the coordinator has journaled, each with what is wrong about it.
--
-- A row: sale_id, state ('announced', 'open', 'closed'), items, user_limit, and invariant, pids, description of one
-- breach (null if there is none). A row without a state is a breach of no sale that is known; without a sale_id, one of
-- the coordinator's stream itself. 7301 is the identifier of EventSerializer.
WITH RECURSIVE

coordinator AS MATERIALIZED (
  SELECT persistence_id AS pid, sequence_number AS seq, deleted, event_ser_manifest AS event, p.sale, p."endsAt" AS new_end,
         coalesce((p.sale ->> 'id')::bigint, p."saleId") AS sale_id, p.extra IS NOT NULL AS is_wish,
         row_number() OVER (ORDER BY sequence_number) AS nth
    FROM event_journal
         CROSS JOIN LATERAL jsonb_to_record(
           CASE WHEN event_ser_id = 7301 AND event_ser_manifest IN ('sale-announced', 'sale-opened', 'sale-closed', 'sale-shortened',
                                                                  'sale-scheduled')
                THEN convert_from(event_payload, 'UTF8')::jsonb END)
           AS p(sale jsonb, "saleId" bigint, "endsAt" timestamptz, extra jsonb)
   WHERE persistence_id = 'SaleCoordinator'
),

-- An announced sale opens on every node at its time, whatever becomes of the coordinator: its terms bind already.
terms AS MATERIALIZED (
  SELECT DISTINCT ON (sale_id)
         sale_id, (sale ->> 'items')::int AS items, (sale ->> 'userLimit')::int AS user_limit,
         (sale ->> 'slot')::timestamptz AS slot, (sale ->> 'opensAt')::timestamptz AS opens_at,
         -- A sale that an operator has closed ends earlier than it was opened with.
         least((sale ->> 'endsAt')::timestamptz,
               (SELECT min(new_end) FROM coordinator s WHERE s.sale_id = c.sale_id AND s.event = 'sale-shortened'))
           AS ends_at
    FROM coordinator c
   WHERE event IN ('sale-announced', 'sale-opened')
   ORDER BY sale_id, event = 'sale-opened' DESC, seq
),

-- How often each sale was announced, opened and closed up to each event, and how many sales are open after it.
history AS MATERIALIZED (
  SELECT seq, sale_id, event,
         count(*) FILTER (WHERE event = 'sale-announced') OVER one AS announced,
         count(*) FILTER (WHERE event = 'sale-opened') OVER one AS opened,
         count(*) FILTER (WHERE event = 'sale-closed') OVER one AS closed,
         count(*) FILTER (WHERE event = 'sale-opened') OVER whole
           - count(*) FILTER (WHERE event = 'sale-closed') OVER whole AS at_once,
         sale, first_value(sale) OVER one AS first_sale, new_end,
         min((sale ->> 'endsAt')::timestamptz) OVER one AS first_end,
         min(new_end) OVER (PARTITION BY sale_id ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_end
    FROM coordinator
   WHERE sale_id IS NOT NULL
  WINDOW one AS (PARTITION BY sale_id ORDER BY seq), whole AS (ORDER BY seq)
),

-- The sale that reaches furthest of all that open before: if any of them overlaps, this one does.
neighbours AS (
  SELECT sale_id, opens_at,
         max(ARRAY[extract(epoch FROM ends_at), sale_id]) OVER (
           ORDER BY opens_at, sale_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
    FROM terms
),

overlapping AS (
  SELECT sale_id, earlier[2]::bigint AS other
    FROM neighbours
   WHERE earlier[1] > extract(epoch FROM opens_at)
),

-- The sale ids that streams name, by jumping from one sale's range of the primary key to the next: '.' follows '-'.
streams(kind, named) AS (
  SELECT kind, (SELECT split_part(substr(min(persistence_id), length(kind) + 1), '-', 1)
                  FROM event_journal WHERE persistence_id > kind AND persistence_id < rtrim(kind, '|') || '}')
    FROM (VALUES ('Item|'), ('User|')) AS kinds(kind)
  UNION ALL
  SELECT kind, (SELECT split_part(substr(min(persistence_id), length(kind) + 1), '-', 1)
                  FROM event_journal
                 WHERE persistence_id >= kind || named || '.' AND persistence_id < rtrim(kind, '|') || '}')
    FROM streams
   WHERE named IS NOT NULL
),

breach(sale_id, invariant, pids, description) AS (
  -- Two sales in one slot; told about both.
  SELECT a.sale_id, 'I6', ARRAY['SaleCoordinator'],
         format('sale %s has the slot %s, which is the slot of sale %s too', a.sale_id, a.slot, b.sale_id)
    FROM terms a JOIN terms b ON b.slot = a.slot AND b.sale_id <> a.sale_id

  UNION ALL -- A sale that opens before another has ended; told about both.
  SELECT s, 'I6', ARRAY['SaleCoordinator'], format('sale %s opens before sale %s has ended', o.sale_id, o.other)
    FROM overlapping o CROSS JOIN LATERAL unnest(ARRAY[o.sale_id, o.other]) AS s

  UNION ALL -- Opened twice, closed twice.
  SELECT sale_id, 'I6', ARRAY['SaleCoordinator'],
         format('sale %s is %s again at sequence number %s', sale_id, substr(event, 6), seq)
    FROM history
   WHERE event = 'sale-opened' AND opened > 1 OR event = 'sale-closed' AND closed > 1

  UNION ALL -- What can never follow in the journal of the coordinator.
  SELECT sale_id, 'history', ARRAY['SaleCoordinator'],
         format('sale %s: %s at sequence number %s', sale_id,
                CASE event WHEN 'sale-announced' THEN 'announced again, or after it was opened'
                           WHEN 'sale-closed' THEN 'closed before it was opened'
                           WHEN 'sale-shortened' THEN 'made to end when it was not open, or no earlier than it would'
                           ELSE 'opened while another was open, or on other terms than announced' END, seq)
    FROM history
   WHERE event = 'sale-announced' AND (announced > 1 OR opened > 0)
      OR event = 'sale-closed' AND opened = 0
      OR event = 'sale-shortened' AND (opened = 0 OR closed > 0 OR new_end >= least(first_end, last_end))
      OR event = 'sale-opened' AND opened = 1 AND (at_once > 1 OR sale <> first_sale)

  UNION ALL -- Sequence numbers run 1, 2, 3 ...; the first that does not.
  (SELECT NULL::bigint, 'history', ARRAY[pid::text], format('sequence number %s stands where %s is due', seq, nth)
     FROM coordinator WHERE seq <> nth ORDER BY seq LIMIT 1)

  UNION ALL -- Rows that the program has not written.
  SELECT NULL, 'history', ARRAY[pid::text],
         CASE WHEN deleted THEN format('the event at sequence number %s is marked as deleted', seq)
              ELSE format('"%s" at sequence number %s is no event of the coordinator', event, seq) END
    FROM coordinator
   WHERE deleted OR sale_id IS NULL AND NOT is_wish

  UNION ALL -- Streams of a sale that never was.
  SELECT CASE WHEN named ~ '^[0-9]{1,18}$' THEN named::bigint ELSE 0 END, 'history', ARRAY[kind || named || '-'],
         format('there are streams of a sale "%s" that was never announced nor opened', named)
    FROM streams
   WHERE named IS NOT NULL AND NOT EXISTS (SELECT FROM terms WHERE terms.sale_id::text = named)
),

sales AS (
  SELECT sale_id, items, user_limit,
         CASE WHEN EXISTS (SELECT FROM coordinator c WHERE c.sale_id = t.sale_id AND event = 'sale-closed') THEN 'closed'
              WHEN EXISTS (SELECT FROM coordinator c WHERE c.sale_id = t.sale_id AND event = 'sale-opened') THEN 'open'
              ELSE 'announced' END AS state
    FROM terms t
)

SELECT sale_id, state, items, user_limit, invariant, pids, description
  FROM sales FULL JOIN breach USING (sale_id)
 ORDER BY sale_id, invariant, pids, description
