//! Starts what the tests talk to.

use std::process::{Child, Command};

pub struct Router(Child);

impl Router {
    /// Start a router that listens on `port`.
    pub fn start(port: u16) -> Router {
        let address = format!("tcp/0.0.0.0:{}", port);
        let child = Command::new("zenohd").args(["--listen", &address]).spawn();
        Router(child.expect("zenohd starts"))
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

/// Boot a guest on the TAP of that peer.
pub fn boot(image: &str, peer: u8) -> Child {
    Command::new("qemu-system-arm")
        .args(["-M", "mps2-an385", "-nographic", "-kernel", image])
        .arg("-nic")
        .arg(format!("tap,ifname=tap-qemu{},script=no", peer))
        .spawn()
        .expect("qemu starts")
}
