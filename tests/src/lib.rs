//! The suites that look at the workspace as a whole: `architecture` and `system`.
