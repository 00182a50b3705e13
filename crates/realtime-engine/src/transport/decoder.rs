//! Takes apart what a websocket's client sends: RFC 6455, without extensions.

use std::str;

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// A text, whole.
    Text(&'a str),
    /// A binary message, whole. Nobody here wants it.
    Binary,
    /// Is the server there?
    Ping(&'a [u8]),
    /// An answer to a ping; none was sent.
    Pong,
    /// Good-bye.
    Close,
}

/// The client does not keep to the protocol, or to the limit: the connection is to end with this code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    /// The frames are wrong.
    Protocol = 1_002,
    /// A text is no UTF-8.
    NotText = 1_007,
    /// A message is longer than allowed.
    TooLong = 1_009,
}

/// Finds the messages in a stream of bytes. Holds nothing between messages.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Bytes of one message at most.
    limit: usize,
    /// The beginning of a frame whose end has not come.
    held: Vec<u8>,
    /// The beginning of a message in fragments.
    begun: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    is_text: bool,
    body: Vec<u8>,
}

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The most that a control frame may carry.
const CONTROL_LIMIT: usize = 125;

struct Head {
    fin: bool,
    kind: u8,
    /// Where the body begins.
    start: usize,
    length: usize,
    mask: [u8; 4],
}

impl Decoder {
    /// Nothing came yet.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, held: Vec::new(), begun: None }
    }

    /// How many bytes wait for the end of their message.
    #[cfg(fuzzing)]
    pub(crate) fn held(&self) -> usize {
        self.held.len() + self.begun.as_ref().map_or(0, |begun| begun.body.len())
    }

    /// Takes the next bytes, and hands over each message that is whole with them. They are unmasked in their place.
    pub(crate) fn feed(&mut self, bytes: &mut [u8], mut take: impl FnMut(Said<'_>)) -> Result<(), Violation> {
        if self.held.is_empty() {
            let taken = self.frames(bytes, &mut take)?;
            self.held.extend_from_slice(bytes.get(taken..).unwrap_or_default());
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let taken = self.frames(&mut held, &mut take)?;
        if taken < held.len() {
            held.drain(..taken);
            self.held = held;
        }
        Ok(())
    }

    /// Takes the frames that are whole, and answers where they end.
    fn frames(&mut self, bytes: &mut [u8], take: &mut impl FnMut(Said<'_>)) -> Result<usize, Violation> {
        let mut taken = 0;
        while let Some(rest) = bytes.get_mut(taken..)
            && let Some(head) = self.head(rest)?
            && let Some(body) = rest.get_mut(head.start..head.start + head.length)
        {
            unmask(body, head.mask);
            self.frame(&head, body, take)?;
            taken += head.start + head.length;
        }
        Ok(taken)
    }

    /// Reads a frame's head, and refuses what will not be allowed before its body is there. None when it is not whole.
    fn head(&self, bytes: &[u8]) -> Result<Option<Head>, Violation> {
        let Some((&[first, second], rest)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let (fin, kind, masked) = (first & 0x80 != 0, first & 0x0F, second & 0x80 != 0);
        let (length, rest) = match second & 0x7F {
            126 => match rest.split_first_chunk() {
                Some((length, rest)) => (u16::from_be_bytes(*length).into(), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            short => (short.into(), rest),
        };
        let length = usize::try_from(length).map_err(|_| Violation::TooLong)?;
        let is_control = kind >= CLOSE;
        let in_turn = match kind {
            CONTINUATION => self.begun.is_some(),
            TEXT | BINARY => self.begun.is_none(),
            CLOSE | PING | PONG => fin && length <= CONTROL_LIMIT,
            _ => false,
        };
        // No extension was agreed on, and whoever does not mask is no client.
        if first & 0x70 != 0 || !masked || !in_turn {
            return Err(Violation::Protocol);
        }
        let before = self.begun.as_ref().map_or(0, |begun| begun.body.len());
        if !is_control && length > self.limit.saturating_sub(before) {
            return Err(Violation::TooLong);
        }
        let Some((mask, body)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        Ok(Some(Head { fin, kind, start: bytes.len() - body.len(), length, mask: *mask }))
    }

    fn frame(&mut self, head: &Head, body: &[u8], take: &mut impl FnMut(Said<'_>)) -> Result<(), Violation> {
        match head.kind {
            CLOSE => take(Said::Close),
            PING => take(Said::Ping(body)),
            PONG => take(Said::Pong),
            kind if head.fin && self.begun.is_none() => take(message(kind == TEXT, body)?),
            kind => {
                let begun =
                    self.begun.get_or_insert_with(|| Begun { is_text: kind == TEXT, body: Vec::new() });
                begun.body.extend_from_slice(body);
                if head.fin
                    && let Some(Begun { is_text, body }) = self.begun.take()
                {
                    take(message(is_text, &body)?);
                }
            }
        }
        Ok(())
    }
}

fn message(is_text: bool, body: &[u8]) -> Result<Said<'_>, Violation> {
    if is_text {
        str::from_utf8(body).map(Said::Text).map_err(|_| Violation::NotText)
    } else {
        Ok(Said::Binary)
    }
}

fn unmask(body: &mut [u8], mask: [u8; 4]) {
    body.iter_mut().zip(mask.into_iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIN: u8 = 0x80;

    /// A frame as a client sends it.
    fn frame(first: u8, body: &[u8]) -> Vec<u8> {
        let mask = [0x37, 0xFA, 0x21, 0x3D];
        let mut frame = vec![first];
        match body.len() {
            length @ ..126 => frame.push(0x80 | length as u8),
            length @ ..65_536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(mask);
        let start = frame.len();
        frame.extend(body);
        unmask(&mut frame[start..], mask);
        frame
    }

    /// What is heard of bytes that come in pieces of a size.
    fn heard(bytes: &[u8], size: usize, limit: usize) -> (Vec<String>, Result<(), Violation>) {
        let (mut decoder, mut heard) = (Decoder::new(limit), Vec::new());
        for piece in bytes.chunks(size) {
            if let Err(violation) = decoder.feed(&mut piece.to_vec(), |said| heard.push(format!("{said:?}")))
            {
                return (heard, Err(violation));
            }
        }
        (heard, Ok(()))
    }

    #[test]
    fn messages_are_found_however_they_are_cut() {
        let long = "long ".repeat(20_000);
        let bytes = [
            frame(FIN | TEXT, b"hello"),
            frame(FIN | TEXT, &b"x".repeat(126)),
            frame(FIN | TEXT, long.as_bytes()),
            frame(FIN | BINARY, b"\xFF"),
            frame(FIN | TEXT, b""),
        ]
        .concat();
        let expected = [
            r#"Text("hello")"#.to_owned(),
            format!("Text({:?})", "x".repeat(126)),
            format!("Text({long:?})"),
            "Binary".to_owned(),
            r#"Text("")"#.to_owned(),
        ];
        for size in [1, 2, 3, 7, 4_096, bytes.len()] {
            assert_eq!(heard(&bytes, size, 200_000), (expected.to_vec(), Ok(())), "in pieces of {size}");
        }
    }

    #[test]
    fn control_frames_come_in_between_fragments() {
        let bytes = [
            frame(TEXT, "gr\u{fc}".as_bytes().split_at(3).0),
            frame(FIN | PING, b"there?"),
            frame(CONTINUATION, "gr\u{fc}".as_bytes().split_at(3).1),
            frame(FIN | PONG, b""),
            frame(FIN | CONTINUATION, b"n"),
            frame(FIN | CLOSE, &1_000_u16.to_be_bytes()),
        ]
        .concat();
        let expected = ["Ping([116, 104, 101, 114, 101, 63])", "Pong", "Text(\"gr\u{fc}n\")", "Close"];
        for size in [1, 5, bytes.len()] {
            let (heard, end) = heard(&bytes, size, 100);
            assert_eq!((heard.as_slice(), end), (expected.map(str::to_owned).as_slice(), Ok(())));
        }
    }

    #[test]
    fn what_no_client_may_send_ends_the_connection_with_its_code() {
        let mut unmasked = frame(FIN | TEXT, b"hello");
        unmasked[1] &= 0x7F;
        for (what, bytes, violation) in [
            ("unmasked", unmasked, Violation::Protocol),
            ("compressed", frame(FIN | 0x40 | TEXT, b"x"), Violation::Protocol),
            ("of an unknown kind", frame(FIN | 3, b"x"), Violation::Protocol),
            ("of an unknown kind of control", frame(FIN | 11, b"x"), Violation::Protocol),
            ("a fragment of nothing", frame(FIN | CONTINUATION, b"x"), Violation::Protocol),
            ("a message in a message", [frame(TEXT, b"x"), frame(TEXT, b"x")].concat(), Violation::Protocol),
            ("a ping in fragments", frame(PING, b"x"), Violation::Protocol),
            ("a long ping", frame(FIN | PING, &[0; 126]), Violation::Protocol),
            ("no UTF-8", frame(FIN | TEXT, b"\xC3\x28"), Violation::NotText),
            ("cut UTF-8", frame(FIN | TEXT, b"\xC3"), Violation::NotText),
            ("too long", frame(FIN | TEXT, &[b'x'; 101]), Violation::TooLong),
            (
                "too long in all",
                [frame(TEXT, &[b'x'; 60]), frame(FIN | CONTINUATION, &[b'x'; 41])].concat(),
                Violation::TooLong,
            ),
        ] {
            for size in [1, bytes.len()] {
                assert_eq!(heard(&bytes, size, 100).1, Err(violation), "{what}");
            }
        }
    }

    #[test]
    fn a_length_past_the_limit_is_refused_before_its_body_comes() {
        let head = [FIN | TEXT, 0x80 | 127, 0, 0, 1, 0, 0, 0, 0, 0];
        assert_eq!(heard(&head, head.len(), 100).1, Err(Violation::TooLong));
        let absurd = [FIN | TEXT, 0x80 | 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        assert_eq!(heard(&absurd, absurd.len(), 100).1, Err(Violation::TooLong));
    }

    #[test]
    fn nothing_is_held_between_messages() {
        let mut decoder = Decoder::new(100_000);
        for piece in frame(FIN | TEXT, &[b'x'; 50_000]).chunks(1_000) {
            decoder.feed(&mut piece.to_vec(), |_| {}).unwrap();
        }
        assert_eq!(decoder.held.capacity(), 0);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1_usize..50) {
            let whole = heard(&bytes, bytes.len().max(1), 100);
            prop_assert_eq!(heard(&bytes, size, 100), whole, "the cuts make no difference");
        }
    }
}
