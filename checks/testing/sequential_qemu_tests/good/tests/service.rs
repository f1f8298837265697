use harness::{boot, Router};

#[test]
fn request_is_answered() {
    let _router = Router::start(7447);
    let _server = boot("server.elf", 0);
}
