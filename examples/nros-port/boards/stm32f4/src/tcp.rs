//! What zenoh-pico calls for a TCP link.

use crate::clock::smoltcp_clock_now_ms;

const SEND_TIMEOUT_MS: u64 = 2_000;

extern "C" {
    fn nros_net_poll();
    fn nros_net_receive(socket: i8, buffer: *mut u8, length: usize) -> usize;
    fn nros_net_transmit(socket: i8, data: *const u8, length: usize) -> usize;
}

/// Bytes that have arrived, 0 when there are none yet.
#[no_mangle]
pub unsafe extern "C" fn _z_read_tcp(socket: i8, buffer: *mut u8, length: usize) -> usize {
    nros_net_poll();
    nros_net_receive(socket, buffer, length)
}

/// Sends all of it, or gives up after two seconds.
#[no_mangle]
pub unsafe extern "C" fn _z_send_tcp(socket: i8, data: *const u8, length: usize) -> usize {
    let start = smoltcp_clock_now_ms();
    let mut sent = 0;
    while sent < length {
        nros_net_poll();
        sent += nros_net_transmit(socket, data.add(sent), length - sent);
        if smoltcp_clock_now_ms() - start > SEND_TIMEOUT_MS {
            return usize::MAX;
        }
    }
    sent
}
