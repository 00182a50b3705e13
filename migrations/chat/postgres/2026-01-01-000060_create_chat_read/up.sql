-- Moves read markers forward, never back and never beyond the log. The arrays hold one marker at each
-- position. The answer has a row for each: where the log ends (NULL to whoever is not in the group), and where
-- the marker was and is. Markers are locked in the order of their key, as chat_send does.
CREATE FUNCTION chat_read(groups uuid[], users uuid[], seqs bigint[])
RETURNS TABLE (ordinal bigint, last_seq bigint, was_seq bigint, read_seq bigint)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT a.ordinal, a.group_id, a.user_id, a.seq, head.last_seq, member.read_seq
        FROM (
            SELECT * FROM unnest(chat_read.groups, chat_read.users, chat_read.seqs)
                WITH ORDINALITY AS u (group_id, user_id, seq, ordinal)
            ORDER BY u.group_id, u.user_id
        ) a
        LEFT JOIN LATERAL (
            SELECT m.read_seq FROM memberships m
            WHERE m.group_id = a.group_id AND m.user_id = a.user_id AND m.left_at IS NULL
            LIMIT 1 FOR NO KEY UPDATE
        ) member ON true
        LEFT JOIN LATERAL (
            SELECT h.last_seq FROM group_heads h
            WHERE h.group_id = a.group_id AND member.read_seq IS NOT NULL LIMIT 1
        ) head ON true
    ),
    moves AS MATERIALIZED (
        SELECT a.group_id, a.user_id, max(a.seq) AS seq FROM asked a
        WHERE a.seq <= a.last_seq AND a.seq > a.read_seq
        GROUP BY a.group_id, a.user_id
    ),
    moved AS (
        UPDATE memberships m SET read_seq = moves.seq FROM moves
        WHERE m.group_id = moves.group_id AND m.user_id = moves.user_id
    )
    SELECT a.ordinal, a.last_seq, a.read_seq, coalesce(moves.seq, a.read_seq)
    FROM asked a LEFT JOIN moves ON moves.group_id = a.group_id AND moves.user_id = a.user_id;
END
$$;
