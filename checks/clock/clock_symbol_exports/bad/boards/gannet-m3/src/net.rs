use core::sync::atomic::{AtomicU32, Ordering};

static MILLIS: AtomicU32 = AtomicU32::new(0);

/// One round of the network.
pub fn smoltcp_network_poll() {
    MILLIS.fetch_add(1, Ordering::Relaxed);
}

#[no_mangle]
pub extern "C" fn uxr_millis() -> i64 {
    i64::from(MILLIS.load(Ordering::Relaxed))
}
