DROP FUNCTION chat_read(uuid[], uuid[], bigint[]);
