//! Bytes of a websocket's client, cut into pieces by their own first byte: nothing panics, the cuts make no difference,
//! and nothing longer than the limit is kept.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some((size, bytes)) = bytes.split_first() {
        realtime_engine::fuzzing::read(bytes, usize::from(*size).max(1));
    }
});
