//! Real time over Socket.IO.
