#![no_std]
#![no_main]

mod clock;

use cortex_m_rt::{entry, exception};

#[exception]
fn SysTick() {
    if clock::clock_ms() > 1000 {
        cortex_m::asm::nop();
    }
}

#[entry]
fn main() -> ! {
    loop {
        clock::clock_ms();
    }
}
