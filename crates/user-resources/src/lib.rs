//! Maps a user to what other engines hold for them.
