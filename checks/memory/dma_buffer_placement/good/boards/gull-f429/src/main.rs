#![no_std]
#![no_main]

mod network;

use core::mem::MaybeUninit;
use cortex_m_rt::entry;
use stm32_eth::dma::{RxRingEntry, TxRingEntry};

#[link_section = ".ethram"]
static mut RX_RING: [RxRingEntry; 4] = [RxRingEntry::INIT; 4];

#[link_section = ".ethram"]
static mut TX_RING: [TxRingEntry; 4] = [TxRingEntry::INIT; 4];

/// Only the allocator touches it.
#[link_section = ".ccmram"]
static mut HEAP: MaybeUninit<[u8; 32 * 1024]> = MaybeUninit::uninit();

#[entry]
fn main() -> ! {
    let rings = unsafe { (&mut RX_RING[..], &mut TX_RING[..]) };
    network::run(rings)
}
