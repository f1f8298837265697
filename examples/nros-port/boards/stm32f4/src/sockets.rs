//! Storage of the TCP sockets.

use smoltcp::iface::SocketStorage;

const COUNT: usize = 4;

static mut STORAGE: [SocketStorage<'static>; COUNT] = [SocketStorage::EMPTY; COUNT];

/// The storage, for the one socket set of the program.
pub fn storage() -> &'static mut [SocketStorage<'static>] {
    unsafe { &mut STORAGE[..] }
}
