#![no_std]

pub mod network;
