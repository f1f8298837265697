#![no_std]
#![no_main]

#[esp_hal::main]
fn main() -> ! {
    loop {}
}
