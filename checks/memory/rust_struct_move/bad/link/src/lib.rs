//! Subscriptions of the C link layer.

use core::ffi::{c_char, c_void};

extern "C" {
    fn link_subscribe(
        topic: *const c_char,
        on_sample: unsafe extern "C" fn(*const u8, usize, *mut c_void),
        ctx: *mut c_void,
    ) -> i32;
}

pub struct Inbox {
    id: i32,
    last: [u8; 64],
    len: usize,
}

unsafe extern "C" fn inbox_callback(data: *const u8, len: usize, ctx: *mut c_void) {
    let inbox = unsafe { &mut *(ctx as *mut Inbox) };
    inbox.len = len.min(64);
    unsafe { core::ptr::copy_nonoverlapping(data, inbox.last.as_mut_ptr(), inbox.len) };
}

impl Inbox {
    pub fn open(topic: &core::ffi::CStr) -> Inbox {
        let mut inbox = Inbox { id: -1, last: [0; 64], len: 0 };
        let ctx = &mut inbox as *mut Inbox as *mut c_void;
        inbox.id = unsafe { link_subscribe(topic.as_ptr(), inbox_callback, ctx) };
        inbox
    }
}

type Handler = Box<dyn FnMut(&[u8]) + Send>;

pub struct Listener {
    id: i32,
    handler: Handler,
}

unsafe extern "C" fn listener_callback(data: *const u8, len: usize, ctx: *mut c_void) {
    let handler = unsafe { &mut *(ctx as *mut Handler) };
    handler(unsafe { core::slice::from_raw_parts(data, len) });
}

impl Listener {
    pub fn open(topic: &core::ffi::CStr, f: impl FnMut(&[u8]) + Send + 'static) -> Listener {
        let mut handler: Handler = Box::new(f);
        let ctx = &mut handler as *mut Handler as *mut c_void;
        let id = unsafe { link_subscribe(topic.as_ptr(), listener_callback, ctx) };
        Listener { id, handler }
    }
}
