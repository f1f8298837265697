//! Addresses of the emulated nodes; the router is 198.51.100.1.

pub struct Config {
    pub ip: [u8; 4],
}

pub const TALKER: Config = Config {
    ip: [198, 51, 100, 10],
};
pub const LISTENER: Config = Config {
    ip: [198, 51, 100, 11],
};
