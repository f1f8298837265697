//! # Features
//!
//! RMW backend (select one):
//! - `rmw-zenoh`: zenoh-pico
//! - `rmw-xrce`: Micro XRCE-DDS

#![no_std]

#[cfg(all(feature = "rmw-zenoh", feature = "rmw-xrce"))]
compile_error!("rmw-zenoh and rmw-xrce are mutually exclusive");
