pub const VERSION: u8 = 0x09;
