//! Sessions against a router of our own.

use std::process::{Child, Command};
use std::sync::{Mutex, OnceLock};

static ROUTER: OnceLock<Mutex<Router>> = OnceLock::new();

struct Router(Child);

impl Router {
    fn start() -> Router {
        Router(Command::new("zenohd").arg("--no-multicast-scouting").spawn().unwrap())
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

#[test]
fn opens_a_session() {
    ROUTER.get_or_init(|| Mutex::new(Router::start()));
}

#[test]
fn guest_opens_a_session() {
    let mut guest = Command::new("qemu-system-arm").args(["-M", "mps2-an385"]).spawn().unwrap();
    guest.kill().unwrap();
}
