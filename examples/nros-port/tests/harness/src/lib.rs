//! Starts routers and guests for the end-to-end tests.

use std::io;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

/// The child is killed when this process ends, however it ends.
fn ends_with_us(command: &mut Command) -> &mut Command {
    let parent = std::process::id();
    unsafe {
        command.pre_exec(move || {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() as u32 != parent {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            Ok(())
        })
    }
}

/// A zenoh router that ends with the test.
pub struct Router {
    child: Child,
}

impl Router {
    /// Start a router that listens on `port` of every interface.
    pub fn start(port: u16) -> io::Result<Router> {
        let endpoint = format!("tcp/0.0.0.0:{}", port);
        let mut command = Command::new("zenohd");
        command.args(["--listen", &endpoint]);
        let child = ends_with_us(&mut command).spawn()?;
        Ok(Router { child })
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on right now.
pub fn free_port() -> u16 {
    let probe = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    probe.local_addr().expect("a bound socket has an address").port()
}

/// Boot an MPS2-AN385 image with its network card on the TAP of `peer`.
pub fn boot_on_tap(image: &Path, peer: u8) -> io::Result<Child> {
    let card = format!("tap,ifname=tap-qemu{},script=no,downscript=no,model=lan9118", peer);
    Command::new("qemu-system-arm")
        .args(["-cpu", "cortex-m3", "-machine", "mps2-an385", "-nographic"])
        .args(["-icount", "shift=auto"])
        .arg("-nic")
        .arg(card)
        .arg("-kernel")
        .arg(image)
        .spawn()
}
