//! nros talker on bare metal: Ethernet, smoltcp, one publisher.
#![no_std]
#![no_main]

mod board;
mod clock;
mod heap;
mod net;
mod sockets;
mod tcp;

#[cfg(all(feature = "talker", feature = "listener"))]
compile_error!("select one role: talker or listener");

use cortex_m_rt::entry;
use panic_halt as _;

#[entry]
fn main() -> ! {
    heap::init();
    let mut core = cortex_m::Peripherals::take().expect("main runs once");
    clock::start(&mut core.DCB, &mut core.DWT);
    let board = board::take();
    let mut network = net::start(board.ethernet, board.pins, board.clocks);
    loop {
        network.poll(board.clock.now());
    }
}
