#![no_std]
#![no_main]

#[no_mangle]
pub static mut errno: i32 = 0;

#[esp_hal::main]
fn main() -> ! {
    loop {}
}
