//! For cargo-fuzz alone: the way of a stranger's bytes up to what is made of them.

use crate::{
    packet::Packet,
    transport::{Decoder, Violation},
};

/// Bytes of one message at most: small, so that a fuzzer gets there.
const LIMIT: usize = 1_000;
const DEPTH: usize = 32;

/// Reads the bytes of a websocket's client at once, and in pieces of a size.
///
/// # Panics
/// When the pieces make a difference, or more is held than one message.
pub fn read(bytes: &[u8], size: usize) {
    let whole = heard(bytes, bytes.len().max(1));
    assert_eq!(heard(bytes, size), whole, "the cuts make a difference");
}

fn heard(bytes: &[u8], size: usize) -> (Vec<String>, Result<(), Violation>) {
    let (mut decoder, mut heard) = (Decoder::new(LIMIT), Vec::new());
    for piece in bytes.chunks(size) {
        let fed = decoder.feed(&mut piece.to_vec(), |said| {
            if let crate::transport::Said::Text(text) = said {
                // As a connection does with it.
                heard.push(format!("{:?}", text.strip_prefix('4').map(|text| Packet::parse(text, DEPTH))));
            }
            heard.push(format!("{said:?}"));
        });
        if let Err(violation) = fed {
            return (heard, Err(violation));
        }
        assert!(decoder.held() <= 2 * LIMIT + size + 14, "more is held than a message and a frame");
    }
    (heard, Ok(()))
}
