pub const VERSION: u8 = 0x0a;
