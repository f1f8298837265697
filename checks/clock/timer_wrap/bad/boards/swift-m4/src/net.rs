//! Frames in, frames out.

use crate::clock;

/// One round of the network.
pub fn poll() {
    clock::update();
}
