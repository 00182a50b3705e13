DROP FUNCTION chat_send(uuid[], uuid[], uuid[], text[], timestamptz);
DROP FUNCTION chat_send_group(uuid, uuid[], uuid[], text[], timestamptz);
