use harness::Router;
use std::net::TcpListener;

fn free_port() -> u16 {
    let probe = TcpListener::bind("127.0.0.1:0").expect("a socket");
    probe.local_addr().expect("an address").port()
}

#[test]
fn router_answers() {
    let _router = Router::start(free_port());
}

#[test]
fn router_restarts() {
    let _router = Router::start(free_port());
}
