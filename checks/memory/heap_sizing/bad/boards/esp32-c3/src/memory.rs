//! The heap of zenoh-pico, beside Rust's own.

use core::ffi::c_void;

use crate::free_list::BlockHeap;

static HEAP: BlockHeap<{ 16 * 1024 }> = BlockHeap::new();

pub fn init() {
    esp_alloc::heap_allocator!(size: 96 * 1024);
}

#[no_mangle]
pub extern "C" fn z_malloc(size: usize) -> *mut c_void {
    HEAP.take(size)
}

#[no_mangle]
pub extern "C" fn z_free(block: *mut c_void) {
    HEAP.give_back(block)
}
