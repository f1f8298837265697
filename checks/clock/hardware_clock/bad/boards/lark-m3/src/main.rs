#![no_std]
#![no_main]

mod clock;

use cortex_m_rt::entry;
use panic_halt as _;

#[entry]
fn main() -> ! {
    loop {
        if clock::clock_ms() % 1000 == 0 {
            cortex_m::asm::nop();
        }
    }
}
