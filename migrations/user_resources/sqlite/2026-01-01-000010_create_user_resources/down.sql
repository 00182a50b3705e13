DROP TABLE user_resources;
