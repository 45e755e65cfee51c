"""The card as one question in each database's words, so that a pop costs one round trip.

Both take the E.164 number and two suffixes, and answer with one row: how many customers are surely
meant, how many may be, the first one's id, and the candidates as JSON. Both follow merged
customers to their target (a circle of merges ends in nobody), read at most a hundred numbers of
each kind (a number that everybody has must not read the whole table), and show ten customers.

A note written in a call belongs to that call: it is the call's summary, not a contact of its own.
The plan is made once and kept, so nothing may tempt the planner of an empty table into a way that
is slow on a full one: `OFFSET 0` and `|| ''` close those ways.
The `recordings` table belongs to the recording room and is known here by name.
"""

from __future__ import annotations

POSTGRESQL = """
WITH RECURSIVE target (id, known, person) AS (
    SELECT customer_id, known, person FROM (
        (SELECT customer_id, true AS known,
                CASE WHEN NOT switchboard THEN contact_id END AS person
         FROM phone_numbers WHERE e164 = $1 LIMIT 100)
        UNION ALL
        (SELECT customer_id, false, CASE WHEN NOT switchboard THEN contact_id END
         FROM phone_numbers
         WHERE suffix IN ($2, $3) AND e164 IS DISTINCT FROM $1 LIMIT 100)
    ) AS hit
    UNION
    SELECT c.merged_into, t.known, t.person FROM target t
    CROSS JOIN LATERAL (SELECT merged_into FROM customers WHERE id = t.id OFFSET 0) c
    WHERE c.merged_into IS NOT NULL
), candidate AS (
    SELECT t.id, bool_or(t.known) AS known,
           CASE WHEN count(t.person) = count(*) AND min(t.person) = max(t.person)
                THEN min(t.person) END AS person
    FROM target t GROUP BY t.id
), found AS (
    SELECT d.id, d.known, tickets.json AS tickets, contacts.json AS contacts, contacts.last_at,
           c.name, c.level, p.name AS person, u.display_name AS owner,
           count(*) FILTER (WHERE d.known) OVER () AS sure, count(*) OVER () AS total
    FROM candidate d
    JOIN customers c ON c.id = d.id AND c.merged_into IS NULL
    LEFT JOIN contacts p ON p.id = d.person
    LEFT JOIN users u ON u.id = c.owner_id
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'id', t.id, 'number', t.number, 'title', t.title, 'status', t.status,
            'opened_at', EXTRACT(EPOCH FROM t.created_at)::float8)) AS json
        FROM (SELECT id, number, title, status, created_at FROM tickets
              WHERE customer_id = d.id AND status IN ('new', 'assigned', 'in_progress', 'pending')
              ORDER BY created_at DESC, id DESC LIMIT 5) t
    ) tickets
    CROSS JOIN LATERAL (
        SELECT max(a.at) AS last_at, json_agg(json_build_object(
            'id', a.id, 'kind', a.kind, 'at', EXTRACT(EPOCH FROM a.at)::float8,
            'summary', coalesce((SELECT n.summary FROM activities n
                                 WHERE n.interaction_id = a.interaction_id AND n.kind = 'note'
                                 ORDER BY n.at DESC, n.id DESC LIMIT 1), a.summary),
            'direction', a.direction, 'result', a.result,
            'recording', (SELECT r.id FROM recordings r
                          WHERE r.interaction_id = a.interaction_id AND r.status || '' = 'ready'
                          ORDER BY r.started_at, r.id LIMIT 1))) AS json
        FROM (SELECT id, kind, at, summary, direction, result, interaction_id FROM activities
              WHERE customer_id = d.id AND (kind <> 'note' OR interaction_id IS NULL)
              ORDER BY at DESC, id DESC LIMIT 3) a
    ) contacts
    ORDER BY d.known DESC, (tickets.json IS NOT NULL) DESC, contacts.last_at DESC NULLS LAST, d.id
    LIMIT 10
)
SELECT coalesce(max(sure), 0), coalesce(max(total), 0), (array_agg(id))[1],
       convert_to(coalesce(json_agg(json_build_object(
           'customer', id, 'name', coalesce(person, name),
           'company', CASE WHEN person IS NOT NULL THEN name END,
           'level', level, 'owner', owner,
           'how', CASE WHEN known THEN 'known' ELSE 'maybe' END,
           'tickets', coalesce(tickets, '[]'), 'contacts', coalesce(contacts, '[]')
       )), '[]')::text, 'UTF8')
FROM found
"""

SQLITE = """
WITH RECURSIVE target (id, known, person) AS (
    SELECT customer_id, known, person FROM (
        SELECT * FROM (
            SELECT customer_id, 1 AS known, CASE WHEN NOT switchboard THEN contact_id END AS person
            FROM phone_numbers WHERE e164 = :e164 LIMIT 100)
        UNION ALL
        SELECT * FROM (
            SELECT customer_id, 0, CASE WHEN NOT switchboard THEN contact_id END
            FROM phone_numbers
            WHERE suffix IN (:suffix, :shorter) AND e164 IS NOT :e164 LIMIT 100)
    )
    UNION
    SELECT c.merged_into, t.known, t.person
    FROM target t JOIN customers c ON c.id = t.id WHERE c.merged_into IS NOT NULL
), candidate AS (
    SELECT t.id, max(t.known) AS known,
           CASE WHEN count(t.person) = count(*) AND min(t.person) = max(t.person)
                THEN min(t.person) END AS person
    FROM target t GROUP BY t.id
), found AS (
    SELECT d.id, d.known, c.name, c.level, p.name AS person, u.display_name AS owner,
           (SELECT count(*) FROM tickets t WHERE t.customer_id = d.id
            AND t.status IN ('new', 'assigned', 'in_progress', 'pending')) > 0 AS open,
           (SELECT max(a.at) FROM activities a WHERE a.customer_id = d.id
            AND (a.kind <> 'note' OR a.interaction_id IS NULL)) AS last_at,
           sum(d.known) OVER () AS sure, count(*) OVER () AS total
    FROM candidate d
    JOIN customers c ON c.id = d.id AND c.merged_into IS NULL
    LEFT JOIN contacts p ON p.id = d.person
    LEFT JOIN users u ON u.id = c.owner_id
), shown AS (
    SELECT * FROM found
    ORDER BY known DESC, open DESC, last_at IS NULL, last_at DESC, id LIMIT 10
)
SELECT coalesce(max(sure), 0), coalesce(max(total), 0),
       (SELECT id FROM shown ORDER BY known DESC LIMIT 1),
       json_group_array(json_object(
           'customer', id, 'name', coalesce(person, name),
           'company', CASE WHEN person IS NOT NULL THEN name END,
           'level', level, 'owner', owner,
           'how', CASE WHEN known THEN 'known' ELSE 'maybe' END,
           'tickets', json((
               SELECT json_group_array(json_object(
                   'id', t.id, 'number', t.number, 'title', t.title, 'status', t.status,
                   'opened_at', t.created_at))
               FROM (SELECT * FROM tickets WHERE customer_id = shown.id
                     AND status IN ('new', 'assigned', 'in_progress', 'pending')
                     ORDER BY created_at DESC, id DESC LIMIT 5) t)),
           'contacts', json((
               SELECT json_group_array(json_object(
                   'id', a.id, 'kind', a.kind, 'at', a.at,
                   'summary', coalesce((SELECT n.summary FROM activities n
                                        WHERE n.interaction_id = a.interaction_id
                                        AND n.kind = 'note'
                                        ORDER BY n.at DESC, n.id DESC LIMIT 1), a.summary),
                   'direction', a.direction, 'result', a.result,
                   'recording', (SELECT r.id FROM recordings r
                                 WHERE r.interaction_id = a.interaction_id AND r.status = 'ready'
                                 ORDER BY r.started_at, r.id LIMIT 1)))
               FROM (SELECT * FROM activities WHERE customer_id = shown.id
                     AND (kind <> 'note' OR interaction_id IS NULL)
                     ORDER BY at DESC, id DESC LIMIT 3) a))
       ))
FROM shown
"""

# One connection does nothing else, so it may be told what this one question likes: a handful of
# rows, each fetched by its index, whatever the statistics say. Without this, the plan made for
# 20,000 customers read them all (4.8 ms instead of 0.3).
POSTGRESQL_SETTINGS = (
    "SET plan_cache_mode = force_generic_plan",  # planning again would cost more than the answer
    "SET jit = off",
    "SET enable_seqscan = off",
    "SET enable_bitmapscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET enable_material = off",
)
