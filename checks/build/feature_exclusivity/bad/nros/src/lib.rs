//! # Features
//!
//! RMW backend (select one):
//! - `rmw-zenoh`: zenoh-pico
//! - `rmw-xrce`: Micro XRCE-DDS

#![no_std]

#[cfg(not(any(feature = "rmw-zenoh", feature = "rmw-xrce")))]
compile_error!("select an RMW backend");

#[cfg(all(feature = "platform-posix", feature = "platform-zephyr"))]
compile_error!("select one platform");
