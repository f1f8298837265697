#![no_std]
#![no_main]

mod clock;
mod net;

use cortex_m_rt::entry;

#[entry]
fn main() -> ! {
    clock::init();
    loop {
        net::poll();
    }
}
