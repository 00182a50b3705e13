//! Groups, memberships and group messages.
