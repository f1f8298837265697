//! Starts nodes and reads what they print.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Node(Child);

impl Node {
    pub fn start(program: &str, arguments: &[&str]) -> Node {
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::piped());
        Node(command.spawn().unwrap())
    }

    /// Wait until the node printed `pattern`.
    pub fn wait_for(&mut self, pattern: &str, timeout: Duration) -> Result<String, String> {
        let start = Instant::now();
        let mut seen = String::new();
        loop {
            if start.elapsed() > timeout {
                return Err(format!("no `{pattern}` in: {seen}"));
            }
            seen += &self.read_some();
            if seen.contains(pattern) {
                return Ok(seen);
            }
        }
    }
}
