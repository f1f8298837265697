//! Milliseconds since the start, for the network stack and for zenoh-pico.

use core::sync::atomic::{AtomicU32, Ordering};

static MILLIS: AtomicU32 = AtomicU32::new(0);

/// Moves the clock on.
pub fn advance_clock_ms(step: u32) {
    MILLIS.fetch_add(step, Ordering::Relaxed);
}

#[no_mangle]
pub extern "C" fn smoltcp_clock_now_ms() -> u64 {
    u64::from(MILLIS.load(Ordering::Relaxed))
}

#[no_mangle]
pub extern "C" fn z_clock_now() -> usize {
    MILLIS.load(Ordering::Relaxed) as usize
}
