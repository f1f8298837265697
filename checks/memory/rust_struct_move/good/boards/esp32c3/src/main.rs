#![no_std]
#![no_main]

use core::mem::MaybeUninit;

mod mac;
use mac::Mac;

static mut MAC: MaybeUninit<Mac> = MaybeUninit::uninit();

fn init_network() -> &'static mut Mac {
    let mac = unsafe { MAC.write(Mac::new()) };
    mac.start();
    mac
}
