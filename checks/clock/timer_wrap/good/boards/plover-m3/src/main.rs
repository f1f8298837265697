#![no_std]
#![no_main]

mod clock;

use cortex_m_rt::entry;

#[entry]
fn main() -> ! {
    loop {
        clock::clock_ms();
    }
}
