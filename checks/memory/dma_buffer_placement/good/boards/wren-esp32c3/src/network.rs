//! Brings the network of the Wren up.

use core::mem::MaybeUninit;
use tinymac::TinyMac;

const MAC_BASE: usize = 0x600c_d000;

static mut MAC: MaybeUninit<TinyMac> = MaybeUninit::uninit();

/// Called once, before the first socket is opened.
pub fn start_network() -> &'static mut TinyMac {
    let mac = unsafe { MAC.write(TinyMac::new(MAC_BASE)) };
    mac.start();
    mac
}
