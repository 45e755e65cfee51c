"""The card as one question in each database's words, so that a pop costs one round trip.

Both take the E.164 number and two suffixes, and answer with one row: how many customers are surely
meant, how many may be, the first one's id, and the candidates as JSON. Both follow merged
customers to their target (a circle of merges ends in nobody), read at most a hundred numbers of
each kind (a number that everybody has must not read the whole table), and show ten customers.

A note written in a call belongs to that call: it is the call's summary, not a contact of its own.
Only what is shown is asked for what hangs on it: tags, the level's words, custom fields.
The plan is made once and kept, so nothing may tempt the planner of an empty table into a way that
is slow on a full one: `OFFSET 0` and `|| ''` close those ways.
The `recordings` table belongs to the recording room and is known here by name.
"""

from __future__ import annotations

# A contact is what was said between us: not what was written in a call, which is that call's, nor
# the steps of tickets and tasks.
CONTACT = (
    """(kind IN ('call', 'voicemail', 'ticket') OR kind = 'note' AND interaction_id IS NULL)"""
)
PLAIN = "v.text, v.day, printf('%.15g', v.number)"  # the last is never NULL

POSTGRESQL = f"""
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
           c.name, c.level, c.do_not_call, p.name AS person, u.display_name AS owner,
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
              WHERE customer_id = d.id AND {CONTACT}
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
           'tickets', coalesce(tickets, '[]'), 'contacts', coalesce(contacts, '[]'),
           'do_not_call', do_not_call,
           'level_words', (
               SELECT json_build_object('zh', w.label_zh, 'en', w.label_en) FROM dictionary w
               WHERE w.kind = 'level' AND w.value = found.level),
           'tags', (
               SELECT coalesce(json_agg(tag), '[]') FROM (
                   SELECT tag FROM customer_tags WHERE customer_id = found.id
                   ORDER BY tag LIMIT 10) t),
           'fields', (
               SELECT coalesce(json_agg(json_build_object(
                   'name', f.name, 'kind', f.kind,
                   'label', json_build_object('zh', f.label_zh, 'en', f.label_en),
                   'value', json_build_object('zh', f.zh, 'en', f.en))), '[]')
               FROM (
                   SELECT f.name, f.kind, f.label_zh, f.label_en,
                          string_agg(coalesce(o.label_zh, v.text, v.number::text, v.day::text),
                                     '、' ORDER BY v.place) AS zh,
                          string_agg(coalesce(o.label_en, v.text, v.number::text, v.day::text),
                                     ', ' ORDER BY v.place) AS en
                   FROM custom_values v
                   JOIN custom_fields f ON f.id = v.field_id AND f.on_pop AND NOT f.retired
                   LEFT JOIN custom_field_choices o ON o.field_id = v.field_id AND o.value = v.text
                   WHERE v.customer_id = found.id
                   GROUP BY f.id ORDER BY f.position, f.id LIMIT 8) f)
       )), '[]')::text, 'UTF8')
FROM found
"""  # noqa: S608 - of words of our own

SQLITE = f"""
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
    SELECT d.id, d.known, c.name, c.level, c.do_not_call, p.name AS person,
           u.display_name AS owner,
           (SELECT count(*) FROM tickets t WHERE t.customer_id = d.id
            AND t.status IN ('new', 'assigned', 'in_progress', 'pending')) > 0 AS open,
           (SELECT max(a.at) FROM activities a WHERE a.customer_id = d.id
            AND {CONTACT}) AS last_at,
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
                     AND {CONTACT}
                     ORDER BY at DESC, id DESC LIMIT 3) a)),
           'do_not_call', json(CASE WHEN do_not_call THEN 'true' ELSE 'false' END),
           'level_words', json((
               SELECT json_object('zh', w.label_zh, 'en', w.label_en) FROM dictionary w
               WHERE w.kind = 'level' AND w.value = shown.level)),
           'tags', json((
               SELECT json_group_array(tag) FROM (
                   SELECT tag FROM customer_tags WHERE customer_id = shown.id
                   ORDER BY tag LIMIT 10))),
           'fields', json((
               SELECT json_group_array(json_object(
                   'name', f.name, 'kind', f.kind,
                   'label', json_object('zh', f.label_zh, 'en', f.label_en),
                   'value', json_object('zh', f.zh, 'en', f.en)))
               FROM (
                   SELECT name, kind, label_zh, label_en,
                          group_concat(zh, '、') AS zh, group_concat(en, ', ') AS en
                   FROM (
                       SELECT f.id, f.name, f.kind, f.label_zh, f.label_en, f.position,
                              coalesce(o.label_zh, {PLAIN}) AS zh,
                              coalesce(o.label_en, {PLAIN}) AS en
                       FROM custom_values v
                       JOIN custom_fields f ON f.id = v.field_id AND f.on_pop AND NOT f.retired
                       LEFT JOIN custom_field_choices o
                           ON o.field_id = v.field_id AND o.value = v.text
                       WHERE v.customer_id = shown.id
                       ORDER BY f.position, f.id, v.place)
                   GROUP BY id ORDER BY position, id LIMIT 8) f))
       ))
FROM shown
"""  # noqa: S608 - of words of our own

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
