//! The clock symbol of the network stack, from the board's microsecond timer.
#![no_std]

use esp_hal::time::Instant;

#[no_mangle]
pub extern "C" fn smoltcp_clock_now_ms() -> u64 {
    Instant::now().duration_since_epoch().as_millis()
}
