DROP TABLE group_heads;
DROP TABLE groups;
