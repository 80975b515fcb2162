//! Clients that mean harm, and the healthy request beside them.

use crate::client::{GOOD, Running, review};
use hyper::StatusCode;
use sekisho_checkpoint_admission::{FailureDirection, Limits};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn start(limits: Limits) -> Running {
    Running::start(limits, FailureDirection::Fail).await
}

async fn is_healthy(server: &Running) {
    let started = Instant::now();
    assert_eq!(server.review(GOOD).await.get("allowed").unwrap().as_bool(), Some(true));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn large_bodies_are_refused_before_they_are_read() {
    let server = start(Limits { body: 1 << 20, ..Limits::default() }).await;
    let padded = format!("{}{}", review(GOOD), " ".repeat(2 << 20));
    assert_eq!(server.post("/validate", padded).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    is_healthy(&server).await;
}

#[tokio::test]
async fn bodies_are_bounded_together() {
    let server = start(Limits { held: 100_000, ..Limits::default() }).await;
    let head = "POST /validate HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 99999\r\n\r\n";
    let mut hoarding = Vec::new();
    for _ in 0..2 {
        let mut hoarder = server.tls().await.unwrap();
        hoarder.write_all(head.as_bytes()).await.unwrap();
        hoarder.write_all(&[b' '; 60_000]).await.unwrap();
        hoarding.push(hoarder);
    }
    let mut reply = vec![0; 64];
    let Some(second) = hoarding.last_mut() else { return };
    let read = tokio::time::timeout(Duration::from_secs(4), second.read(&mut reply)).await;
    let read = read.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&reply[..read]).starts_with("HTTP/1.1 503"));
    is_healthy(&server).await;
}

#[tokio::test]
async fn idle_connections_make_room() {
    let server = start(Limits { connections: 8, ..Limits::default() }).await;
    let mut idle = Vec::new();
    for _ in 0..50 {
        idle.push(TcpStream::connect(server.address).await.unwrap());
    }
    is_healthy(&server).await;
    let mut first = idle.remove(0);
    let closed = tokio::time::timeout(Duration::from_secs(5), first.read(&mut [0; 1])).await;
    assert!(matches!(closed, Ok(Ok(0) | Err(_))), "the idlest was closed: {closed:?}");
}

#[tokio::test]
async fn slow_clients_are_left() {
    let patience = Duration::from_millis(200);
    let server = start(Limits { patience, ..Limits::default() }).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut broken = TcpStream::connect(server.address).await.unwrap();
    broken.write_all(b"\x16\x03\x01\x00\xff\x01").await.unwrap();
    let mut slow = server.tls().await.unwrap();
    let head = "POST /validate HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.unwrap();
    for stream in [&mut silent, &mut broken] {
        let closed = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut [0; 9])).await;
        assert!(closed.is_ok(), "it is closed");
    }
    let mut reply = vec![0; 64];
    let read = tokio::time::timeout(Duration::from_secs(5), slow.read(&mut reply)).await;
    let read = read.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&reply[..read]).starts_with("HTTP/1.1 408"));
    is_healthy(&server).await;
}

#[tokio::test]
async fn what_is_too_much_goes_the_configured_way() {
    for (on_error, allowed) in [(FailureDirection::Fail, false), (FailureDirection::Ignore, true)] {
        let server = Running::start(Limits { waiting: 0, ..Limits::default() }, on_error).await;
        let answer = server.review(GOOD).await;
        assert_eq!(answer.get("allowed").unwrap().as_bool(), Some(allowed));
        let told = "too many requests are being judged";
        assert_eq!(answer.path_str(&["auditAnnotations", "error"]), Some(told));
        if !allowed {
            let seconds = answer.path(&["status", "details", "retryAfterSeconds"]).unwrap();
            assert_eq!(seconds.as_i64(), Some(1));
        }
        let (_, metrics) = server.get("/metrics").await;
        assert!(metrics.contains("outcome=\"shed\"} 1"), "{metrics}");
    }
}
