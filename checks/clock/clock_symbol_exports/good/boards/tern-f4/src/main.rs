#![no_std]
#![no_main]

extern crate clock_shim;

#[cortex_m_rt::entry]
fn main() -> ! {
    loop {
        bridge::now_ms();
    }
}
