use std::path::Path;

use harness::{boot_on_tap, Router};

#[test]
fn request_is_answered() {
    let _router = Router::start(7447).expect("zenohd starts");
    let _server = boot_on_tap(Path::new("build/server.elf"), 0).expect("qemu starts");
}
