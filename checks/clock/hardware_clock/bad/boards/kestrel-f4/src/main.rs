#![no_std]
#![no_main]

mod clock;
mod net;

use cortex_m_rt::entry;
use panic_halt as _;

#[entry]
fn main() -> ! {
    let mut session = net::open("tcp/192.0.2.1:7447");
    loop {
        session.spin();
    }
}
