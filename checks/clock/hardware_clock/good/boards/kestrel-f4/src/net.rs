//! The bridge between the Ethernet driver and the sockets.

extern "C" {
    fn bridge_move_frames() -> i32;
}

/// Called by the transport whenever it waits for data.
#[no_mangle]
pub extern "C" fn smoltcp_network_poll() -> i32 {
    unsafe { bridge_move_frames() }
}
