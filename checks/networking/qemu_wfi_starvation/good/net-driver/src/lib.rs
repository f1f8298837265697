//! The blocking calls of the client library.
#![no_std]

use core::sync::atomic::{AtomicPtr, Ordering};

static IDLE: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// What the waiting loops call; WFI, once an interrupt is armed.
pub fn set_idle_callback(callback: fn()) {
    IDLE.store(callback as *mut (), Ordering::Release);
}

/// Calls the callback, if there is one.
fn idle() {
    let callback = IDLE.load(Ordering::Acquire);
    if !callback.is_null() {
        let callback: fn() = unsafe { core::mem::transmute(callback) };
        callback();
    }
}

/// Waits for the answer to a SYN.
pub fn connect(socket: &mut Socket) {
    while !socket.is_established() {
        do_poll(socket);
        idle();
    }
}
