//! Milliseconds since the start, for the network stack and for zenoh-pico.

use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m_rt::exception;

static MILLIS: AtomicU32 = AtomicU32::new(0);

/// SysTick is set to 1 kHz before the network starts.
#[exception]
fn SysTick() {
    MILLIS.fetch_add(1, Ordering::Relaxed);
}

#[no_mangle]
pub extern "C" fn smoltcp_clock_now_ms() -> u64 {
    u64::from(MILLIS.load(Ordering::Relaxed))
}

#[no_mangle]
pub extern "C" fn z_clock_now() -> usize {
    MILLIS.load(Ordering::Relaxed) as usize
}
