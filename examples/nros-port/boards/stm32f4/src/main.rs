//! nros talker on bare metal: Ethernet, smoltcp, one publisher.
#![no_std]
#![no_main]

mod board;
mod heap;
mod net;
mod sockets;

use cortex_m_rt::entry;
use panic_halt as _;

#[entry]
fn main() -> ! {
    heap::init();
    let board = board::take();
    let mut network = net::start(board.ethernet, board.pins, board.clocks);
    loop {
        network.poll(board.clock.now());
    }
}
