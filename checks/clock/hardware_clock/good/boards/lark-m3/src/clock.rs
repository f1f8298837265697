//! Timer 0 counts down from its reload value at 25 MHz.

const TIMER0: usize = 0x4000_0000;
const TICKS_PER_MS: u64 = 25_000;

/// Loads the timer and lets it run.
pub fn start_timer0() {
    let base = TIMER0 as *mut u32;
    unsafe {
        base.add(2).write_volatile(u32::MAX);
        base.write_volatile(1);
    }
}

fn timer0_ticks() -> u32 {
    unsafe { u32::MAX - core::ptr::read_volatile((TIMER0 + 4) as *const u32) }
}

/// Milliseconds since the timer was started.
pub fn clock_ms() -> u64 {
    u64::from(timer0_ticks()) / TICKS_PER_MS
}
