//! Runs the network for ever.

use stm32_eth::dma::{RxRingEntry, TxRingEntry};

/// Takes the descriptor rings and does not come back.
pub fn run(rings: (&'static mut [RxRingEntry], &'static mut [TxRingEntry])) -> ! {
    let (rx, tx) = rings;
    loop {
        cortex_m::asm::wfi();
        core::hint::black_box((&rx, &tx));
    }
}
