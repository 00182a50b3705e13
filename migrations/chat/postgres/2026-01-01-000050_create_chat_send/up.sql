-- Stores messages: the only way in which a message enters a group's log.
--
-- The arrays hold one message at each position. The answer has a row for each:
--   outcome 0  the sender is not in the group, or there is none
--           1  stored
--           2  replayed: this id is there already, from the same sender and with the same text
--           3  conflict: this id is there already, and is another message
-- and, but for 0, the seq and created_at of what is stored under the id.
--
-- The heads are locked first, in the order of their ids, so that two calls never wait for each other. While
-- a head is held nobody can add to its group: what the next statement reads is true until the commit. The
-- senders' own rows are locked in the order of their key, as chat_read does.
--
-- LATERAL with LIMIT 1 keeps each look-up one probe of an index: a join in a generic plan would hash all
-- memberships of a large group.
CREATE FUNCTION chat_send(groups uuid[], users uuid[], ids uuid[], texts text[], at timestamptz)
RETURNS TABLE (ordinal bigint, outcome integer, seq bigint, created_at timestamptz)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM group_heads h WHERE h.group_id = ANY (chat_send.groups) ORDER BY h.group_id FOR NO KEY UPDATE;

    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT a.ordinal, a.group_id, a.user_id, a.id, a.message,
               head.last_seq, greatest(head.last_message_at, chat_send.at) AS now,
               head.group_id IS NOT NULL AND member.user_id IS NOT NULL AS member,
               stored.seq AS stored_seq, stored.created_at AS stored_at,
               stored.user_id = a.user_id AND stored.message = a.message AS same
        FROM (
            SELECT * FROM unnest(chat_send.groups, chat_send.users, chat_send.ids, chat_send.texts)
                WITH ORDINALITY AS u (group_id, user_id, id, message, ordinal)
            ORDER BY u.group_id, u.user_id
        ) a
        LEFT JOIN LATERAL (
            SELECT h.group_id, h.last_seq, h.last_message_at FROM group_heads h
            WHERE h.group_id = a.group_id LIMIT 1
        ) head ON true
        LEFT JOIN LATERAL (
            SELECT m.user_id FROM memberships m
            WHERE m.group_id = a.group_id AND m.user_id = a.user_id AND m.left_at IS NULL
            LIMIT 1 FOR NO KEY UPDATE
        ) member ON true
        LEFT JOIN LATERAL (
            SELECT s.seq, s.user_id, s.message, s.created_at FROM messages s
            WHERE s.group_id = a.group_id AND s.id = a.id LIMIT 1
        ) stored ON true
    ),
    fresh AS MATERIALIZED (
        -- Of equal ids in one call the first is stored.
        SELECT f.*, f.last_seq + row_number() OVER (PARTITION BY f.group_id ORDER BY f.ordinal) AS seq
        FROM (
            SELECT DISTINCT ON (a.group_id, a.id) a.* FROM asked a
            WHERE a.member AND a.stored_seq IS NULL
            ORDER BY a.group_id, a.id, a.ordinal
        ) f
    ),
    ranges AS MATERIALIZED (
        SELECT f.group_id, min(f.seq) AS first_seq, max(f.seq) AS last_seq, min(f.now) AS now,
               (array_agg(f.user_id ORDER BY f.seq DESC))[1] AS last_sender_id
        FROM fresh f GROUP BY f.group_id
    ),
    inserted AS (
        INSERT INTO messages (group_id, seq, id, user_id, created_at, updated_at, message)
        SELECT f.group_id, f.seq, f.id, f.user_id, f.now, f.now, f.message FROM fresh f
    ),
    advanced AS (
        UPDATE group_heads h
        SET last_seq = r.last_seq, last_message_at = r.now, last_sender_id = r.last_sender_id
        FROM ranges r WHERE h.group_id = r.group_id
    ),
    outboxed AS (
        INSERT INTO outbox (group_id, first_seq, last_seq, created_at)
        SELECT r.group_id, r.first_seq, r.last_seq, chat_send.at FROM ranges r
    ),
    moved AS (
        UPDATE memberships m SET read_seq = f.seq
        FROM (SELECT group_id, user_id, max(seq) AS seq FROM fresh GROUP BY group_id, user_id) f
        WHERE m.group_id = f.group_id AND m.user_id = f.user_id
    )
    SELECT a.ordinal,
           CASE WHEN NOT a.member THEN 0
                WHEN a.ordinal = f.ordinal THEN 1
                WHEN coalesce(a.same, f.user_id = a.user_id AND f.message = a.message) THEN 2
                ELSE 3 END,
           coalesce(a.stored_seq, f.seq),
           coalesce(a.stored_at, f.now)
    FROM asked a LEFT JOIN fresh f ON f.group_id = a.group_id AND f.id = a.id;
END
$$;

-- chat_send for one group: every statement names it, so that where groups lie on several nodes the whole call
-- runs on the group's own.
CREATE FUNCTION chat_send_group(the_group uuid, users uuid[], ids uuid[], texts text[], at timestamptz)
RETURNS TABLE (ordinal bigint, outcome integer, seq bigint, created_at timestamptz)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    head record;
    now timestamptz;
BEGIN
    SELECT h.last_seq, h.last_message_at INTO head FROM group_heads h
    WHERE h.group_id = the_group FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT n::bigint, 0, NULL::bigint, NULL::timestamptz FROM generate_subscripts(ids, 1) n;
        RETURN;
    END IF;
    now := greatest(head.last_message_at, at);

    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT a.ordinal, a.user_id, a.id, a.message,
               member.user_id IS NOT NULL AS member,
               stored.seq AS stored_seq, stored.created_at AS stored_at,
               stored.user_id = a.user_id AND stored.message = a.message AS same
        FROM (
            SELECT * FROM unnest(chat_send_group.users, chat_send_group.ids, chat_send_group.texts)
                WITH ORDINALITY AS u (user_id, id, message, ordinal)
            ORDER BY u.user_id
        ) a
        LEFT JOIN LATERAL (
            SELECT m.user_id FROM memberships m
            WHERE m.group_id = the_group AND m.user_id = a.user_id AND m.left_at IS NULL
            LIMIT 1 FOR NO KEY UPDATE
        ) member ON true
        LEFT JOIN LATERAL (
            SELECT s.seq, s.user_id, s.message, s.created_at FROM messages s
            WHERE s.group_id = the_group AND s.id = a.id LIMIT 1
        ) stored ON true
    ),
    fresh AS MATERIALIZED (
        SELECT f.*, head.last_seq + row_number() OVER (ORDER BY f.ordinal) AS seq
        FROM (
            SELECT DISTINCT ON (a.id) a.* FROM asked a
            WHERE a.member AND a.stored_seq IS NULL
            ORDER BY a.id, a.ordinal
        ) f
    ),
    inserted AS (
        INSERT INTO messages (group_id, seq, id, user_id, created_at, updated_at, message)
        SELECT the_group, f.seq, f.id, f.user_id, now, now, f.message FROM fresh f
    ),
    range AS MATERIALIZED (
        SELECT min(f.seq) AS first_seq, max(f.seq) AS last_seq,
               (array_agg(f.user_id ORDER BY f.seq DESC))[1] AS last_sender_id
        FROM fresh f HAVING count(*) > 0
    ),
    advanced AS (
        UPDATE group_heads h
        SET last_seq = r.last_seq, last_message_at = now, last_sender_id = r.last_sender_id
        FROM range r WHERE h.group_id = the_group
    ),
    outboxed AS (
        INSERT INTO outbox (group_id, first_seq, last_seq, created_at)
        SELECT the_group, r.first_seq, r.last_seq, at FROM range r
    ),
    moved AS (
        UPDATE memberships m SET read_seq = f.seq
        FROM (SELECT user_id, max(seq) AS seq FROM fresh GROUP BY user_id) f
        WHERE m.group_id = the_group AND m.user_id = f.user_id
    )
    SELECT a.ordinal,
           CASE WHEN NOT a.member THEN 0
                WHEN a.ordinal = f.ordinal THEN 1
                WHEN coalesce(a.same, f.user_id = a.user_id AND f.message = a.message) THEN 2
                ELSE 3 END,
           coalesce(a.stored_seq, f.seq),
           coalesce(a.stored_at, now)
    FROM asked a LEFT JOIN fresh f ON f.id = a.id;
END
$$;
