//! Starts native_sim images.

use std::process::{Child, Command};

pub struct ZephyrNode(Child);

impl ZephyrNode {
    pub fn start(image: &str, options: &[&str]) -> ZephyrNode {
        ZephyrNode(Command::new(image).args(options).spawn().unwrap())
    }
}
