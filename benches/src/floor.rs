//! The floor of the fan-out: hears of messages from Redis, and writes the same frame to each of its sockets.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use broker::RedisBroker;
use engine_interfaces::{BoxError, Broker, Delivery, Slot};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

type Sockets = Arc<Mutex<Vec<Arc<TcpStream>>>>;

/// Serves until it is ended.
pub(crate) async fn serve(listen: SocketAddr, redis: &str) -> Result<(), BoxError> {
    let sockets = Sockets::default();
    let broker = RedisBroker::connect(redis, Default::default()).await?;
    let mut subscription = broker.subscribe().await?;
    for slot in 0..Slot::COUNT {
        subscription.follow.follow(Slot(slot)).await?;
    }
    let listener = TcpListener::bind(listen).await?;
    tokio::spawn(accept(listener, Arc::clone(&sockets)));
    while let Some(delivery) = subscription.deliveries.next().await {
        if let Delivery::Messages(messages) = delivery {
            let mut frames = Vec::new();
            for message in messages {
                frames.extend(frame(&format!("42[\"message\",{}]", serde_json::to_string(&*message)?)));
            }
            write(&sockets, &frames.into()).await?;
        }
    }
    Ok(())
}

/// Writes to everybody; whoever can't take it all at once is waited for by a task of its own.
async fn write(sockets: &Sockets, frames: &Arc<[u8]>) -> Result<(), BoxError> {
    let open = sockets.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for socket in open {
        let written = socket.try_write(frames).unwrap_or_default();
        if written < frames.len() {
            let frames = Arc::clone(frames);
            tokio::spawn(async move {
                let mut at = written;
                while at < frames.len() && socket.writable().await.is_ok() {
                    at += socket.try_write(frames.get(at..).unwrap_or_default()).unwrap_or_default();
                }
            });
        }
    }
    Ok(())
}

async fn accept(listener: TcpListener, sockets: Sockets) {
    while let Ok((stream, _)) = listener.accept().await {
        let sockets = Arc::clone(&sockets);
        tokio::spawn(async move {
            // A client that does not get through is no socket.
            if let Ok(stream) = let_in(stream).await {
                sockets.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
            }
        });
    }
}

/// Upgrades whoever asks, and lets in whoever says anything. The clients of this program do not look at the
/// accept key.
async fn let_in(mut stream: TcpStream) -> Result<Arc<TcpStream>, BoxError> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut read).await? == 0 {
            return Err("gone".into());
        }
    }
    stream
        .write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        .await?;
    let mut said = [0; 4_096];
    if stream.read(&mut said).await? == 0 {
        return Err("gone".into());
    }
    stream.write_all(&frame("40{\"sid\":\"floor\"}")).await?;
    Ok(Arc::new(stream))
}

/// A text as a server's websocket frame.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u16::try_from(text.len()) {
        Ok(short @ ..126) => frame.push(short as u8),
        Ok(long) => {
            frame.push(126);
            frame.extend(long.to_be_bytes());
        }
        Err(_) => {
            frame.push(127);
            frame.extend((text.len() as u64).to_be_bytes());
        }
    }
    frame.extend(text.as_bytes());
    frame
}
