//! A small Ethernet MAC with one descriptor in each direction.
#![no_std]

use core::ptr::write_volatile;

const FRAME: usize = 1536;
const TX_DESCRIPTOR: usize = 0x400;
const RX_DESCRIPTOR: usize = 0x408;

/// The driver with its frame buffers inside.
pub struct TinyMac {
    base: usize,
    tx: [u8; FRAME],
    rx: [u8; FRAME],
}

impl TinyMac {
    pub const fn new(base: usize) -> Self {
        Self { base, tx: [0; FRAME], rx: [0; FRAME] }
    }

    /// Fills the descriptors and enables the MAC.
    pub fn start(&mut self) {
        let tx = self.tx.as_ptr() as u32;
        let rx = self.rx.as_mut_ptr() as u32;
        unsafe {
            write_volatile((self.base + TX_DESCRIPTOR + 4) as *mut u32, tx);
            write_volatile((self.base + RX_DESCRIPTOR + 4) as *mut u32, rx);
            write_volatile(self.base as *mut u32, 0b11);
        }
    }
}
