//! nros talker on an ESP32-C3.
#![no_std]
#![no_main]

mod commands;

use esp_backtrace as _;
use esp_hal::main;
use esp_println::println;

esp_bootloader_esp_idf::esp_app_desc!();

/// For C: one thread, one errno.
#[no_mangle]
pub static mut errno: i32 = 0;

extern "C" {
    fn nros_locator_port(locator: *const u8) -> u16;
}

#[main]
fn main() -> ! {
    let _peripherals = esp_hal::init(esp_hal::Config::default());
    let port = unsafe { nros_locator_port(c"tcp/10.0.2.2:7447".as_ptr().cast()) };
    println!("router at port {port}");
    let commands = commands::Commands::listen();
    loop {
        if !commands.paused() {
            core::hint::spin_loop();
        }
    }
}
