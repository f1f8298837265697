//! Timer 0 counts down at 25 MHz.

use core::sync::atomic::{AtomicU32, Ordering};

const TIMER0_VALUE: usize = 0x4000_0004;
const TICKS_PER_MS: u64 = 25_000;

static LAST: AtomicU32 = AtomicU32::new(u32::MAX);
static WRAPS: AtomicU32 = AtomicU32::new(0);

fn timer0_value() -> u32 {
    unsafe { core::ptr::read_volatile(TIMER0_VALUE as *const u32) }
}

/// Milliseconds since the timer was started.
pub fn clock_ms() -> u64 {
    let value = timer0_value();
    if value > LAST.load(Ordering::Relaxed) {
        WRAPS.fetch_add(1, Ordering::Relaxed);
    }
    LAST.store(value, Ordering::Relaxed);
    let wraps = u64::from(WRAPS.load(Ordering::Relaxed));
    ((wraps << 32) + u64::from(u32::MAX) - u64::from(value)) / TICKS_PER_MS
}
