//! Milliseconds since the start, counted from the processor's cycle counter.

use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m::peripheral::{DCB, DWT};

const CYCLES_PER_MS: u32 = 168_000;

static MILLIS: AtomicU32 = AtomicU32::new(0);
static LAST_CYCLES: AtomicU32 = AtomicU32::new(0);

/// Lets the cycle counter run; called once.
pub fn start(dcb: &mut DCB, dwt: &mut DWT) {
    dcb.enable_trace();
    dwt.enable_cycle_counter();
}

/// Takes over the cycles since the last call.
pub fn update() {
    let last = LAST_CYCLES.load(Ordering::Relaxed);
    let passed = DWT::cycle_count().wrapping_sub(last) / CYCLES_PER_MS;
    MILLIS.fetch_add(passed, Ordering::Relaxed);
    LAST_CYCLES.store(last.wrapping_add(passed * CYCLES_PER_MS), Ordering::Relaxed);
}

/// The time for the transport.
#[no_mangle]
pub extern "C" fn smoltcp_clock_now_ms() -> u64 {
    u64::from(MILLIS.load(Ordering::Relaxed))
}
