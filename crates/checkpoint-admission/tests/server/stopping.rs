//! A server that stops: nobody who asks is left without an answer.

use crate::client::{GOOD, Running, review};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame};
use hyper::{Request, StatusCode};
use sekisho_checkpoint_admission::{FailureDirection, Limits};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::client::TlsStream;

type Kept = TlsStream<TcpStream>;

/// Time enough for a busy machine: to ask while a server leaves, and to wait with half a review until
/// it has left.
fn limits() -> Limits {
    let (leave, long) = (Duration::from_secs(8), Duration::from_secs(60));
    Limits { leave, deadline: long, patience: long, ..Limits::default() }
}

/// Waits until nobody is welcomed any more, which is not too soon.
async fn has_left(server: &Running, stopped: Instant) {
    while TcpStream::connect(server.address).await.is_ok() {
        assert!(stopped.elapsed() < limits().patience, "it does not leave");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(stopped.elapsed() >= limits().leave, "{:?}", stopped.elapsed());
}

/// The head of what is answered, on a connection that is kept; its body is read, too.
async fn answered(stream: &mut Kept) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split_once("content-length: ").unwrap().1;
    let length = length.split_once("\r\n").unwrap().0.parse().unwrap();
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    head
}

async fn ask(stream: &mut Kept, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    answered(stream).await
}

/// Whether it is closed as TLS has it, and not cut.
async fn is_closed(stream: &mut Kept) -> bool {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.is_ok() && rest.is_empty()
}

fn head(length: usize) -> String {
    format!(
        "POST /validate HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: \
         {length}\r\n\r\n"
    )
}

/// A body that comes bit by bit.
struct Bits(mpsc::Receiver<Bytes>);

impl Body for Bits {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bits| bits.map(|bits| Ok(Frame::data(bits))))
    }
}

#[tokio::test]
async fn clients_of_http_1_are_told_to_go_before_they_are_left() {
    let server = Running::start(limits(), FailureDirection::Fail).await;
    let review = review(GOOD);
    let whole = head(review.len()) + &review;
    let (first, second) = review.split_at(review.len() / 2);
    let [mut asks, mut idle, mut busy] =
        [server.tls().await.unwrap(), server.tls().await.unwrap(), server.tls().await.unwrap()];
    for stream in [&mut asks, &mut idle, &mut busy] {
        let told = ask(stream, &whole).await;
        assert!(told.starts_with("http/1.1 200 ") && !told.contains("connection:"), "{told}");
    }
    let mut silent = server.tls().await.unwrap();

    let stopped = Instant::now();
    server.stop.notify_one();
    while server.get("/readyz").await.0 == StatusCode::OK {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let told = ask(&mut asks, &whole).await;
    assert!(told.starts_with("http/1.1 200 ") && told.contains("connection: close"), "{told}");
    assert!(is_closed(&mut asks).await);

    busy.write_all((head(review.len()) + first).as_bytes()).await.unwrap();
    has_left(&server, stopped).await;
    assert!(is_closed(&mut idle).await && is_closed(&mut silent).await);
    let told = ask(&mut busy, second).await;
    assert!(told.starts_with("http/1.1 200 ") && told.contains("connection: close"), "{told}");
    assert!(is_closed(&mut busy).await);
    server.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn clients_of_http_2_have_all_that_they_asked() {
    let server = Running::start(limits(), FailureDirection::Fail).await;
    let review = review(GOOD);
    let (first, second) = review.split_at(review.len() / 2);
    let (of_bits, bits) = mpsc::channel(2);
    let post = |body| {
        let request = Request::post("https://localhost/validate");
        request.header("content-type", "application/json").body(body).unwrap()
    };
    let mut sender = server.connect_http2().await;
    let stopped = Instant::now();
    server.stop.notify_one();
    let at_once = sender.send_request(post(Full::from(review.clone()).boxed()));
    let reply = at_once.await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
    assert!(!reply.headers().contains_key("connection"), "HTTP/2 has no such header");

    let mut told = sender.clone();
    let slow = sender.send_request(post(Bits(bits).boxed()));
    of_bits.send(Bytes::from(first.to_owned())).await.unwrap();
    let ends = async {
        has_left(&server, stopped).await;
        // It is told to go while it waits for an answer.
        while told.send_request(post(Full::from(review.clone()).boxed())).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        of_bits.send(Bytes::from(second.to_owned())).await.unwrap();
        drop(of_bits);
    };
    let (reply, ()) = tokio::join!(slow, ends);
    let reply = reply.unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("\"allowed\":true"), "{body:?}");
    server.ended.await.unwrap().unwrap();
}
