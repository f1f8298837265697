//! Router, guests and what they leave behind.

use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

pub fn router(port: u16) -> Child {
    let address = format!("tcp/0.0.0.0:{}", port);
    Command::new("zenohd").args(["--listen", &address]).spawn().unwrap()
}

/// An MPS2-AN385 on the TAP of `peer`.
pub fn boot_mps2_an385(image: &str, peer: u8) -> Child {
    let card = format!("tap,ifname=tap-qemu{},mac=02:00:5e:00:00:0{}", peer, peer);
    let machine = ["-M", "mps2-an385", "-nographic", "-kernel", image];
    Command::new("qemu-system-arm").args(machine).args(["-nic", &card]).spawn().unwrap()
}

/// Remove what killed guests left on the host.
pub fn remove_stale_sockets() {
    for guest in ["198.51.100.10"] {
        let _ = Command::new("ss").args(["-K", "dst", guest]).status();
    }
    sleep(Duration::from_millis(500));
}
