//! Ethernet MAC with one descriptor in each direction.

const TX_DESCRIPTOR: *mut u32 = 0x600c_d400 as *mut u32;
const RX_DESCRIPTOR: *mut u32 = 0x600c_d600 as *mut u32;

pub struct Mac {
    tx_frame: [u8; 1536],
    rx_frame: [u8; 1536],
}

impl Mac {
    pub const fn new() -> Self {
        Mac { tx_frame: [0; 1536], rx_frame: [0; 1536] }
    }

    /// Tells the controller where the frames are.
    pub fn start(&mut self) {
        unsafe {
            TX_DESCRIPTOR.add(1).write_volatile(self.tx_frame.as_ptr() as u32);
            RX_DESCRIPTOR.add(1).write_volatile(self.rx_frame.as_mut_ptr() as u32);
        }
    }
}
