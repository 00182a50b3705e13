//! Users, passwords and tokens.
