use harness::{free_port, Router};

/// CI may bring a router of its own.
fn router_port() -> u16 {
    std::env::var("NROS_ROUTER_PORT").map_or(17447, |text| text.parse().expect("a port"))
}

#[test]
fn native_pair_talks() {
    let _router = Router::start(router_port()).expect("zenohd starts");
}

#[test]
fn native_session_reconnects() {
    let _router = Router::start(free_port()).expect("zenohd starts");
}
