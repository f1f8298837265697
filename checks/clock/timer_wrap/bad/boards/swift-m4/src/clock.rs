//! Time from the cycle counter of the processor.

use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m::peripheral::DWT;

const CYCLES_PER_MS: u32 = 168_000;

static STARTED: AtomicU32 = AtomicU32::new(0);
static LAST: AtomicU32 = AtomicU32::new(0);
static MILLIS: AtomicU32 = AtomicU32::new(0);

/// Remembers when the program began.
pub fn init() {
    STARTED.store(DWT::cycle_count(), Ordering::Relaxed);
}

/// Milliseconds since `init`.
pub fn clock_ms() -> u32 {
    DWT::cycle_count().wrapping_sub(STARTED.load(Ordering::Relaxed)) / CYCLES_PER_MS
}

/// Microseconds, for time stamps.
pub fn clock_us() -> u64 {
    DWT::cycle_count() as u64 * 1000 / CYCLES_PER_MS as u64
}

/// Takes over the cycles since the last call.
pub fn update() {
    let last = LAST.load(Ordering::Relaxed);
    let passed = DWT::cycle_count().wrapping_sub(last) / CYCLES_PER_MS;
    MILLIS.fetch_add(passed, Ordering::Relaxed);
    LAST.store(last.wrapping_add(passed * CYCLES_PER_MS), Ordering::Relaxed);
}

/// Milliseconds, for the network stack.
#[no_mangle]
pub extern "C" fn smoltcp_clock_now_ms() -> u64 {
    u64::from(MILLIS.load(Ordering::Relaxed))
}
