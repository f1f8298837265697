//! The heap of zenoh-pico.

use core::ffi::c_void;

use crate::free_list::BlockHeap;

const HEAP_SIZE: usize = 128 * 1024;
static HEAP: BlockHeap<HEAP_SIZE> = BlockHeap::new();

#[no_mangle]
pub extern "C" fn z_malloc(size: usize) -> *mut c_void {
    HEAP.take(size)
}

#[no_mangle]
pub extern "C" fn z_realloc(old: *mut c_void, size: usize) -> *mut c_void {
    HEAP.realloc(old, size)
}

#[no_mangle]
pub extern "C" fn z_free(block: *mut c_void) {
    HEAP.give_back(block)
}
