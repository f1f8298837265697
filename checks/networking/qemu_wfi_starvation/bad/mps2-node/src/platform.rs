//! What the client library asks of the platform.

/// Waits, and keeps the CPU busy.
pub fn sleep_ms(duration: u64) {
    let start = clock_ms();
    while clock_ms() - start < duration {
        core::hint::spin_loop();
    }
}
