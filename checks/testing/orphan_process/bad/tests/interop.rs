//! Against nodes of the desktop installation.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

fn in_own_group(command: &mut Command) {
    unsafe {
        command.pre_exec(|| {
            libc::setpgid(0, 0);
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
}

fn shell(script: &str) -> Child {
    let mut command = Command::new("bash");
    command.args(["-c", script]);
    in_own_group(&mut command);
    command.spawn().unwrap()
}

#[test]
fn desktop_listener_hears_us() {
    let mut echo = shell("source /opt/ros/setup.bash && timeout 10 ros2 topic echo /chatter");
    echo.kill().unwrap();
}
