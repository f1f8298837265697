//! The heap of zenoh-pico.

use core::ffi::c_void;

const HEAP_SIZE: usize = 32 * 1024;
static mut HEAP: [u8; HEAP_SIZE] = [0; HEAP_SIZE];
static mut NEXT: usize = 0;

#[no_mangle]
pub unsafe extern "C" fn z_malloc(size: usize) -> *mut c_void {
    let start = (NEXT + 7) & !7;
    if start + size > HEAP_SIZE {
        return core::ptr::null_mut();
    }
    NEXT = start + size;
    HEAP.as_mut_ptr().add(start).cast()
}

#[no_mangle]
pub unsafe extern "C" fn z_realloc(old: *mut c_void, size: usize) -> *mut c_void {
    let _ = old;
    z_malloc(size)
}

#[no_mangle]
pub extern "C" fn z_free(_block: *mut c_void) {}
