#![no_std]
#![no_main]

extern crate clock_shim;

#[esp_hal::main]
fn main() -> ! {
    loop {
        bridge::now_ms();
    }
}
