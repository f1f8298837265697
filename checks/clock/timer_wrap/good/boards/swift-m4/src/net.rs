//! Frames in, frames out.

/// One round of the network.
pub fn poll() {
    crate::sockets::move_frames();
}
