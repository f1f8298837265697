//! TCP for the client library, on top of smoltcp.
#![no_std]

use core::sync::atomic::{AtomicU16, Ordering};
use smoltcp::iface::Context;
use smoltcp::socket::tcp::{ConnectError, Socket};
use smoltcp::wire::IpEndpoint;

const FIRST_PORT: u16 = 49152;
const PORTS: u16 = u16::MAX - FIRST_PORT;

static NEXT_PORT: AtomicU16 = AtomicU16::new(FIRST_PORT);

/// Chooses where the local ports begin; before the first connect.
pub fn seed_local_port(seed: u16) {
    NEXT_PORT.store(FIRST_PORT + seed % PORTS, Ordering::Relaxed);
}

/// Connects from the next local port.
pub fn dial(socket: &mut Socket, cx: &mut Context, to: IpEndpoint) -> Result<(), ConnectError> {
    let port = NEXT_PORT.fetch_add(1, Ordering::Relaxed).max(FIRST_PORT);
    socket.connect(cx, to, port)
}
