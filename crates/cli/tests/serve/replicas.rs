//! Two replicas behind a balancer, one of which dies.

use crate::api_server::without_the_plugin;
use crate::serving::{Serving, configuration, pod, register};
use sekisho_testenv::TestEnv;
use sekisho_value::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How many pods are created, by how many clients, and at which of them a replica dies.
const PODS: usize = 1_000;
const CLIENTS: usize = 8;
const DEATH: usize = 300;

/// Hands connections on to the replicas in turn, to the next one where one does not take them.
fn balance(ports: Vec<u16>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for (turn, client) in listener.incoming().map_while(Result::ok).enumerate() {
            let order = (0..ports.len()).map(|next| ports[(turn + next) % ports.len()]);
            let replica =
                order.filter_map(|port| TcpStream::connect(("127.0.0.1", port)).ok()).next();
            let Some(replica) = replica else { continue };
            let (from, to) = (client.try_clone().unwrap(), replica.try_clone().unwrap());
            std::thread::spawn(move || pump(from, to));
            std::thread::spawn(move || pump(replica, client));
        }
    });
    port
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

#[test]
fn a_replica_dies_and_every_pod_is_created() {
    let test = "a_replica_dies_and_every_pod_is_created";
    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    let mut first = Serving::start(&["--pod-security", "baseline"]);
    let second = Serving::start(&["--pod-security", "baseline"]);
    let port = balance(vec![first.port, second.port]);
    let authorities = format!("{}{}", first.authority, second.authority);
    let registration = configuration("Validating", "/validate", port, &authorities);
    let refused = pod("refused", r#"{"hostPID":true,"containers":[{"name":"c","image":"i"}]}"#);
    register(&env, &registration, &refused);

    let (next, failures) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let create = || {
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= PODS {
                return;
            }
            let spec = r#"{"containers":[{"name":"c","image":"i"}]}"#;
            let object = pod(&format!("p{number}"), spec);
            for attempt in 0.. {
                let answer = env.admin().create(&object).unwrap();
                if answer.is_success() {
                    break;
                }
                // Closed: the failure policy refuses, and nothing else does.
                assert_eq!(answer.status, 500, "{}", answer.message());
                assert!(
                    answer.message().contains("failed calling webhook"),
                    "{}",
                    answer.message()
                );
                failures.fetch_add(1, Ordering::SeqCst);
                assert!(attempt < 50, "it is refused again and again: {}", answer.message());
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(create);
        }
        while next.load(Ordering::SeqCst) < DEATH {
            std::thread::sleep(Duration::from_millis(1));
        }
        first.kill();
    });
    let failures = failures.into_inner();
    println!("{test}: {failures} requests failed, of {CLIENTS} at once");
    assert!(failures <= CLIENTS, "only what was under way may fail: {failures}");
    let listed = env.admin().get("/api/v1/namespaces/default/pods").unwrap();
    let items = listed.body.get("items").and_then(Value::as_array).unwrap().len();
    assert_eq!(items, PODS, "every pod exists");
    env.rejects(&refused).with_message("hostPID=true");
}
