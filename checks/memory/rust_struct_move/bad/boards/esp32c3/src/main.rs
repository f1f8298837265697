#![no_std]
#![no_main]

use core::mem::MaybeUninit;

mod mac;
use mac::Mac;

static mut MAC: MaybeUninit<Mac> = MaybeUninit::uninit();

fn init_network() -> &'static mut Mac {
    let mut mac = Mac::new();
    mac.start();
    unsafe { MAC.write(mac) }
}
