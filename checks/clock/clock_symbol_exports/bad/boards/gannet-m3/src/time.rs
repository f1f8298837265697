use cortex_m::peripheral::DWT;

#[no_mangle]
pub extern "C" fn uxr_millis() -> i64 {
    i64::from(DWT::cycle_count() / 25_000)
}
