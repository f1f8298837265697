//! Time from the cycle counter of the processor, summed up in 64 bits.

use core::cell::Cell;
use cortex_m::peripheral::DWT;
use critical_section::Mutex;

const CYCLES_PER_MS: u64 = 168_000;

static LAST: Mutex<Cell<u32>> = Mutex::new(Cell::new(0));
static CYCLES: Mutex<Cell<u64>> = Mutex::new(Cell::new(0));

/// Begins to count.
pub fn init() {
    critical_section::with(|cs| LAST.borrow(cs).set(DWT::cycle_count()));
}

/// Cycles since `init`; SysTick calls it every second.
pub fn clock_cycles() -> u64 {
    critical_section::with(|cs| {
        let now = DWT::cycle_count();
        let passed = now.wrapping_sub(LAST.borrow(cs).get());
        LAST.borrow(cs).set(now);
        CYCLES.borrow(cs).set(CYCLES.borrow(cs).get() + u64::from(passed));
        CYCLES.borrow(cs).get()
    })
}

/// Milliseconds, for the network stack.
#[no_mangle]
pub extern "C" fn smoltcp_clock_now_ms() -> u64 {
    clock_cycles() / CYCLES_PER_MS
}
