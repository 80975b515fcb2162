use std::time::Duration;

/// What clients may take. Every limit is there so that one client cannot keep the others waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// how many bytes a review may have
    pub body: usize,
    /// how many bytes all reviews together may have that are being read or judged
    pub held: usize,
    /// how many bytes of memory all of them together may take that are larger than 64 KiB, once they
    /// are read; others wait for their turn to be read
    pub read: usize,
    /// how many bytes may be kept of requests that are being answered, and of answers that clients
    /// do not take; beyond that the connection with the most goes
    pub kept: usize,
    /// how many connections are open at once; beyond that the one that was idle longest goes
    pub connections: usize,
    /// how many steps of evaluation a thread that talks to clients takes itself, at once; what takes
    /// more is judged by other threads
    pub at_once: u64,
    /// how many requests those judge at the same time
    pub judging: usize,
    /// how many requests may wait for the API server's answers beside those that are judged
    pub asking: usize,
    /// how many workloads may have been answered before their pods are judged, and how many requests
    /// before what was found of themselves is told; pods of more are not judged, and what was found
    /// of more is told before they are answered
    pub afterwards: usize,
    /// how many requests are there at once before it is a crowd: then pods of workloads are judged in
    /// a tenth of a core's time, and those that there is no time for are not
    pub crowd: usize,
    /// how many requests wait for their turn; more are answered by the failure direction
    pub waiting: usize,
    /// how long a request may take where the API server does not say
    pub deadline: Duration,
    /// how long a client may take for its handshake, for its headers, and for its body each
    pub patience: Duration,
    /// how long a connection may be idle
    pub idle: Duration,
    /// how long a server that stops answers as before, until its endpoints are taken away
    pub leave: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            // An object of 1.5 MiB, as etcd takes it, twice, and room for its options and user.
            body: 8 << 20,
            held: 64 << 20,
            read: 64 << 20,
            kept: 64 << 20,
            connections: 1024,
            // Two or three milliseconds: what a large pod takes of a whole library is less.
            at_once: 500_000,
            judging: cores,
            asking: 32,
            // Each was a text of 64 KiB at the most.
            afterwards: 32,
            crowd: 8 * cores,
            waiting: 1024,
            deadline: Duration::from_secs(5),
            patience: Duration::from_secs(5),
            idle: Duration::from_secs(120),
            leave: Duration::from_secs(3),
        }
    }
}
